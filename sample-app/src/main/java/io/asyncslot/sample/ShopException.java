package io.asyncslot.sample;

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/** A request that cannot be met; answered as a problem detail. */
public class ShopException extends ErrorResponseException {

    private static final long serialVersionUID = 1L;

    private ShopException(HttpStatus status, String detail) {
        super(status);
        getBody().setDetail(detail);
    }

    public static ShopException notFound(String what, String id) {
        return new ShopException(HttpStatus.NOT_FOUND, what + " '" + id + "' does not exist");
    }

    public static ShopException conflict(String detail) {
        return new ShopException(HttpStatus.CONFLICT, detail);
    }

    public static ShopException badRequest(String detail) {
        return new ShopException(HttpStatus.BAD_REQUEST, detail);
    }
}
