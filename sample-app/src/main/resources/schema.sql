create table product (
    id varchar(40) primary key,
    name varchar(80) not null,
    price_cents bigint not null,
    stock int not null check (stock >= 0)
);
create table cart (
    id varchar(40) primary key,
    state varchar(10) not null
);
create table cart_item (
    cart_id varchar(40) not null references cart,
    product_id varchar(40) not null references product,
    quantity int not null,
    primary key (cart_id, product_id)
);
create table orders (
    id varchar(40) primary key,
    cart_id varchar(40) not null references cart,
    state varchar(10) not null,
    total_cents bigint not null
);
