"""pytest-httpserver with one handler: PORT PATH BODY."""

import sys
import threading

from pytest_httpserver import HTTPServer  # type: ignore[import-not-found]

PORT, PATH, BODY = int(sys.argv[1]), sys.argv[2], sys.argv[3]

if __name__ == "__main__":
    with HTTPServer("127.0.0.1", PORT) as server:
        server.expect_request(PATH).respond_with_data(BODY, content_type="application/json; charset=UTF-8")
        threading.Event().wait()
