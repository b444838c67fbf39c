create table invitation (guest varchar(40) primary key, state varchar(10) not null);
