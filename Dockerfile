# A server that loads the scenarios in /scenarios and listens on port 9200. Mount your own scenarios there.

# What installs stays behind: the image gets the virtual environment, which has no pip.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockflow ./mockflow
COPY scenarios ./scenarios
RUN python -m venv --without-pip /opt/mockflow \
    && pip --python /opt/mockflow/bin/python install --no-cache-dir '.[watch,tls,record]'

FROM python:3.13-slim
LABEL org.opencontainers.image.title="mockflow" \
      org.opencontainers.image.description="A fake OpenSearch for programs that use the flow-framework API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/your-team/mockflow" \
      org.opencontainers.image.documentation="https://github.com/your-team/mockflow/tree/main/docs" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
COPY --from=build /opt/mockflow /opt/mockflow
COPY scenarios /scenarios
ENV PATH=/opt/mockflow/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin

# Nothing is written, and no file belongs to this user: any other works too, also with a root file system that is read-only.
USER 10001:10001

# Everybody who can reach the port can use the control API, /_mockflow: set MOCKFLOW_CONTROL_TOKEN to restrict it.
# Each option of `mockflow serve` is an environment variable too: MOCKFLOW_AUTO=1, MOCKFLOW_SPEED=10, ...
ENV MOCKFLOW_HOST=0.0.0.0 MOCKFLOW_PORT=9200 MOCKFLOW_PATHS=/scenarios MOCKFLOW_INSECURE_CONTROL=1
EXPOSE 9200
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["mockflow", "wait", "--timeout", "2s"]
CMD ["mockflow", "serve"]
