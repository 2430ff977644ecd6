/** A kind of file. */
interface Kind {
  readonly type: string;
  readonly extensions: readonly string[];
}

/** The beginning of a kind of file, as bytes in Latin-1. A `.` stands for any byte. */
export interface Signature extends Kind {
  readonly at?: number;
  readonly bytes: string;
}

const row = (type: string, extensions: string, bytes: string, at = 0): Signature => ({
  type,
  extensions: extensions.split(" "),
  bytes,
  at,
});

/**
 * Signatures of the formats that services are given, the longer before the shorter where one begins another. They follow
 * the WHATWG MIME Sniffing Standard where it has the format, and the format's own specification otherwise.
 */
export const SIGNATURES: readonly Signature[] = [
  row("image/png", "png", "\x89PNG\r\n\x1a\n"),
  row("image/jpeg", "jpg jpeg", "\xff\xd8\xff"),
  row("image/gif", "gif", "GIF87a"),
  row("image/gif", "gif", "GIF89a"),
  row("image/webp", "webp", "RIFF....WEBP"),
  row("image/avif", "avif", "ftypavif", 4),
  row("image/avif", "avif", "ftypavis", 4),
  row("image/heic", "heic heif", "ftypheic", 4),
  row("image/heic", "heic heif", "ftypheix", 4),
  row("image/heif", "heif heic", "ftypmif1", 4),
  row("image/tiff", "tif tiff", "II*\0"),
  row("image/tiff", "tif tiff", "MM\0*"),
  row("image/bmp", "bmp", "BM....\0\0\0\0"),
  row("image/x-icon", "ico", "\0\0\x01\0"),
  row("image/jxl", "jxl", "\0\0\0\fJXL \r\n\x87\n"),
  row("application/pdf", "pdf", "%PDF-"),
  row("application/postscript", "ps eps ai", "%!PS-Adobe-"),
  row("application/rtf", "rtf", "{\\rtf"),
  row("application/epub+zip", "epub", "mimetypeapplication/epub+zip", 30),
  row("application/vnd.oasis.opendocument.text", "odt", "mimetypeapplication/vnd.oasis.opendocument.text", 30),
  row(
    "application/vnd.oasis.opendocument.spreadsheet",
    "ods",
    "mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
    30,
  ),
  row(
    "application/vnd.oasis.opendocument.presentation",
    "odp",
    "mimetypeapplication/vnd.oasis.opendocument.presentation",
    30,
  ),
  row("application/zip", "zip docx xlsx pptx odt ods odp jar epub apk", "PK\x03\x04"),
  row("application/zip", "zip", "PK\x05\x06"),
  row("application/x-ole-storage", "doc xls ppt msg msi", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
  row("application/gzip", "gz tgz", "\x1f\x8b\x08"),
  row("application/x-bzip2", "bz2", "BZh"),
  row("application/x-xz", "xz", "\xfd7zXZ\0"),
  row("application/zstd", "zst", "\x28\xb5\x2f\xfd"),
  row("application/x-7z-compressed", "7z", "7z\xbc\xaf\x27\x1c"),
  row("application/vnd.rar", "rar", "Rar!\x1a\x07"),
  row("application/x-tar", "tar", "ustar", 257),
  row("video/quicktime", "mov", "ftypqt  ", 4),
  row("audio/mp4", "m4a", "ftypM4A ", 4),
  row("video/mp4", "mp4 m4v", "ftyp", 4),
  row("video/webm", "webm mkv", "\x1aE\xdf\xa3"),
  row("video/x-msvideo", "avi", "RIFF....AVI "),
  row("audio/wav", "wav", "RIFF....WAVE"),
  row("audio/mpeg", "mp3", "ID3"),
  row("audio/mpeg", "mp3", "\xff\xfb"),
  row("audio/mpeg", "mp3", "\xff\xf3"),
  row("audio/flac", "flac", "fLaC"),
  row("application/ogg", "ogg oga ogv opus", "OggS\0"),
  row("audio/midi", "mid midi", "MThd\0\0\0\x06"),
  row("font/woff", "woff", "wOFF"),
  row("font/woff2", "woff2", "wOF2"),
  row("font/otf", "otf", "OTTO"),
  row("font/ttf", "ttf", "\0\x01\0\0\0"),
  row("application/wasm", "wasm", "\0asm"),
  row("application/vnd.sqlite3", "sqlite db", "SQLite format 3\0"),
  row("application/vnd.apache.parquet", "parquet", "PAR1"),
  row("application/x-executable", "elf so", "\x7fELF"),
  row("application/x-msdownload", "exe dll", "MZ"),
  row("application/x-mach-binary", "dylib", "\xcf\xfa\xed\xfe"),
  row("application/x-mach-binary", "dylib", "\xce\xfa\xed\xfe"),
  row("application/java-vm", "class", "\xca\xfe\xba\xbe"),
];

/** The kinds of text, which have no signature. */
export const TEXT_KINDS: Readonly<Record<"html" | "svg" | "xml" | "php" | "script" | "text", Kind>> = {
  html: { type: "text/html", extensions: ["html", "htm"] },
  svg: { type: "image/svg+xml", extensions: ["svg"] },
  xml: { type: "application/xml", extensions: ["xml"] },
  php: { type: "application/x-httpd-php", extensions: ["php"] },
  script: { type: "text/x-shellscript", extensions: ["sh"] },
  text: { type: "text/plain", extensions: ["txt", "csv", "json", "md"] },
};

/** Every kind that `contentType` returns. */
export const KINDS: readonly Kind[] = [...SIGNATURES, ...Object.values(TEXT_KINDS)];
