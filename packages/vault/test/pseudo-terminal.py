"""Runs a program on a pseudo terminal of its own, as the leader of a session that has it as its controlling terminal.

Standard input is JSON: {"argv": [...], "env": {...}, "stdin": path or null, "steps": [[text to wait for, text to send], ...]}.
Standard output is JSON: {"status": ..., "screen": ..., "left": ...}. "left" is what the program did not read: the shell would.
"""
import fcntl, json, os, pty, select, sys, termios, time, tty

job = json.load(sys.stdin)
master, slave = pty.openpty()
child = os.fork()
if child == 0:
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    source = slave if job["stdin"] is None else os.open(job["stdin"], os.O_RDONLY)
    for number, fd in enumerate((source, slave, slave)):
        os.dup2(fd, number)
    os.execvpe(job["argv"][0], job["argv"], job["env"])

screen, at, status = b"", 0, None
steps = [(wait.encode(), send.encode()) for wait, send in job["steps"]]
deadline = time.monotonic() + 40
pending = b""
while status is None and time.monotonic() < deadline:
    readable, writable, _ = select.select([master], [master] if pending else [], [], 0.05)
    if readable:
        try:
            screen += os.read(master, 65536)
        except OSError:
            pass
    if not pending and steps and steps[0][0] in screen[at:]:
        wait, pending = steps.pop(0)
        at = screen.index(wait, at) + len(wait)
    if writable and pending:
        # As terminals do: in pieces, of which the next is sent when there is room.
        pending = pending[os.write(master, pending[:1024]) :]
    done, code = os.waitpid(child, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
if status is None:
    os.kill(child, 9)
    os.waitpid(child, 0)
is_cooked = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
time.sleep(0.1)
if readable := select.select([master], [], [], 0)[0]:
    screen += os.read(master, 65536)
tty.setraw(slave, termios.TCSANOW)
os.set_blocking(slave, False)
left = b"" + pending
try:
    while piece := os.read(slave, 65536):
        left += piece
except BlockingIOError:
    pass
json.dump({"status": status, "screen": screen.decode(errors="replace"), "left": left.decode(errors="replace"), "cooked": is_cooked}, sys.stdout)
