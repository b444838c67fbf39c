package io.asyncslot.actuate;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Answers 400 to requests whose path may name another slot than was meant; for servlets. Thread-safe. */
public final class SlotPathFilter implements Filter {

    private final SlotPath path;

    /**
     * Makes the filter.
     *
     * @param path the path of the endpoint
     */
    public SlotPathFilter(SlotPath path) {
        this.path = path;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request instanceof HttpServletRequest http
                && response instanceof HttpServletResponse answer
                && path.losesAPart(http.getRequestURI())) {
            answer.setStatus(HttpServletResponse.SC_BAD_REQUEST);
            answer.setContentType("application/json");
            answer.getWriter().write(SlotPath.PROBLEM);
        } else {
            chain.doFilter(request, response);
        }
    }
}
