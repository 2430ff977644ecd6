create table tasks (
  position bigint generated always as identity primary key,
  id text not null unique,
  text text not null,
  label text not null,
  score float8 not null,
  answered_by text not null,
  status text not null,
  created_at timestamptz not null
);
create index tasks_of_status on tasks (status, position);

create table embeddings (
  id text primary key,
  vector float8[] not null
);
