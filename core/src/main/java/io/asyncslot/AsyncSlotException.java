package io.asyncslot;

/**
 * Misuse or wrong configuration of slots: something that the code or the configuration has to change. The message describes the
 * problem and names a remedy.
 */
public abstract class AsyncSlotException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String problem;
    private final String remedy;

    /**
     * For subclasses.
     *
     * @param problem what is wrong, naming place, value and rule
     * @param remedy what to do about it, a sentence
     */
    protected AsyncSlotException(String problem, String remedy) {
        super(ended(problem) + " " + ended(remedy));
        this.problem = problem;
        this.remedy = ended(remedy);
    }

    private static String ended(String text) {
        return text.endsWith(".") ? text : text + ".";
    }

    /**
     * What is wrong.
     *
     * @return the first part of the message, naming place, value and rule
     */
    public final String problem() {
        return problem;
    }

    /**
     * What to do about it.
     *
     * @return the second part of the message, a sentence
     */
    public final String remedy() {
        return remedy;
    }
}
