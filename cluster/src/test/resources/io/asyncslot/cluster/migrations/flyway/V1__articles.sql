create table article (id bigint primary key, title text not null);
