package io.asyncslot.slice;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application of which tests take a part. */
@SpringBootApplication
class CartApplication {}
