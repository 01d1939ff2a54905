# A server that loads the scenarios in /scenarios and listens on port 9200. Mount your own scenarios there.
FROM python:3.13-slim

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockflow ./mockflow
COPY scenarios ./scenarios
RUN pip install --no-cache-dir --root-user-action=ignore '.[watch]'

COPY scenarios /scenarios
RUN useradd --uid 10001 --no-create-home mockflow
USER 10001

# Everybody who can reach the port can use the control API, /_mockflow: set MOCKFLOW_CONTROL_TOKEN to restrict it.
# Each option of `mockflow serve` is an environment variable too: MOCKFLOW_AUTO=1, MOCKFLOW_SPEED=10, ...
ENV MOCKFLOW_HOST=0.0.0.0 MOCKFLOW_PORT=9200 MOCKFLOW_PATHS=/scenarios MOCKFLOW_INSECURE_CONTROL=1
EXPOSE 9200
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["mockflow", "wait", "--timeout", "2s"]
CMD ["mockflow", "serve"]
