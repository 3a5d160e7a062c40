"""
A process of the server opens its page once by itself: what is loaded, drawn and solved for the
first reader alone, some seconds of it, is there before anybody comes.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets

from explorer.app.address import Address
from explorer.app.alike import Alike
from explorer.app.live.scheduler import until_nothing_is_aside
from explorer.app.messages import brief

_HERE = "127.0.0.1"
_PATIENCE_S = 120.0
_TOKEN = re.compile(r'"token":\s*"([^"]+)"')
_log = logging.getLogger("wattlas")


async def visit(application: Any, address: Address) -> None:
    """
    Open the page as its first reader would, up to the document; without it the server is only slower.

    Parameters
    ----------
    application : bokeh.server.tornado.BokehTornado
    address : Address
        Of the page.
    """
    # by a door of its own: that for readers is another process's, too, and not open yet
    own = HTTPServer(application)
    [door] = bind_sockets(0, _HERE)
    own.add_socket(door)
    client = AsyncHTTPClient(force_instance=True)
    fetch = partial(
        client.fetch,
        f"http://{_HERE}:{door.getsockname()[1]}{address.prefix}/",
        headers={"Host": f"localhost:{address.port}"},
        request_timeout=_PATIENCE_S,
    )
    alike: Alike | None = application.settings.get("alike")
    try:
        await fetch()  # which is of the session that pages share, the next of one of its own
        await until_nothing_is_aside()  # so that the frontier is drawn with it
        if alike and (token := _TOKEN.search((await fetch()).body.decode())):
            request = HTTPServerRequest("GET", f"{address.prefix}/")
            await alike.learn_ahead(application._applications["/"], request, token[1])
    except Exception as error:
        _log.error("The page does not open: %s", brief(error))
    finally:
        client.close()
        own.stop()
