insert into product (id, name, price_cents, stock) values
    ('teapot', 'Teapot', 4200, 10),
    ('cup', 'Tea cup', 900, 100),
    ('tea', 'Green tea, 100 g', 1250, 100000000);
