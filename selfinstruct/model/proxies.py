"""The proxy that the environment names for an address: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.

People forget that a variable is set, so the error of a request without a reply names the variable and the host of the
proxy, never the password in its address.
"""

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_of(url: str) -> str | None:
    """Return the proxy for an address, None where the environment names none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def by_proxy(url: str) -> str | None:
    """Return the sentence that names the proxy for an address and its variable; None where there is no proxy."""
    if not (proxy := proxy_of(url)):
        return None
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    found = next((name for low in names for name in (low, low.upper()) if os.environ.get(name)), "the system")
    parts = urlsplit(proxy)
    host = parts.netloc.rpartition("@")[2]
    around = f"; NO_PROXY={urlsplit(url).hostname} goes around it" if urlsplit(url).hostname else ""
    return f"asked through the proxy {host}, which {found} names{around}"
