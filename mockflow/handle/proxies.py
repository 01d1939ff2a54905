"""Why a cluster may have received nothing: the program's HTTP client asks a proxy instead."""

from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass


def hint(url: str) -> str:
    """That the environment sends requests to `url` to a proxy; empty if it does not."""
    parts = urlsplit(url)
    proxies = getproxies_environment()
    name = next((name for name in (parts.scheme, "all") if proxies.get(name)), None)
    if name is None or proxy_bypass(parts.netloc):
        return ""
    host = parts.hostname or ""
    return (
        f"{name.upper()}_PROXY is set and NO_PROXY does not name {host}: a client may have sent its requests to the "
        f"proxy; set NO_PROXY=127.0.0.1,localhost"
    )
