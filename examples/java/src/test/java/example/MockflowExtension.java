package example;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts one {@code mockflow serve} for all tests, resets it before each, and passes a {@link Mockflow} to those that
 * ask for one. The command {@code mockflow} has to be on the path.
 */
final class MockflowExtension implements BeforeEachCallback, ParameterResolver {

    /** JUnit closes it after the last test. */
    private record Server(Process process, Mockflow mockflow) implements AutoCloseable {

        /** The server prints one line, "mockflow ready at URL", when it accepts connections. */
        static Server start() {
            try {
                Process process = new ProcessBuilder("mockflow", "serve", "--port", "0", "--quiet")
                        .redirectError(Redirect.INHERIT)
                        .start();
                BufferedReader output = process.inputReader();
                String ready = output.readLine();
                if (ready == null) {
                    throw new IllegalStateException("mockflow serve: exit code " + process.waitFor());
                }
                return new Server(process, new Mockflow(ready.substring(ready.lastIndexOf(' ') + 1)));
            } catch (IOException | InterruptedException error) {
                throw new IllegalStateException("mockflow could not be started", error);
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        mockflow(context).reset();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Mockflow.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return mockflow(context);
    }

    private static Mockflow mockflow(ExtensionContext context) {
        return context.getRoot()
                .getStore(Namespace.create(MockflowExtension.class))
                .getOrComputeIfAbsent(Server.class, key -> Server.start(), Server.class)
                .mockflow();
    }
}
