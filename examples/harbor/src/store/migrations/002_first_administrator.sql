-- At most one row. To make a first administrator again, remove it and start the service anew.
create table first_administrator (
  one boolean primary key default true check (one),
  user_id text not null
);
