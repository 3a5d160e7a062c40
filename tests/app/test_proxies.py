"""`wattlas serve` behind the proxies whose configurations the documentation shows."""

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect
from servers import free_port, serving, wait_until

SITE = "atlas.example.org"
ANSWERED = """Promise.all([...globalThis[Symbol.for("wattlas.bridges")].values()].flat()
    .map(bridge => bridge.idle()))"""
DOCS = Path(__file__).resolve().parents[2] / "docs"


def nginx(port: int, server_port: int, folder: Path) -> list[str]:
    """Its command, with the documented file for a site on this machine."""
    key, certificate = folder / "site.key", folder / "site.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    text = (DOCS / "proxies" / "nginx.conf").read_text("utf-8")
    text = replaced(text, "listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = replaced(text, f"/etc/ssl/certs/{SITE}.pem", str(certificate))
    text = replaced(text, f"/etc/ssl/private/{SITE}.key", str(key))
    text = replaced(text, "127.0.0.1:5006", f"127.0.0.1:{server_port}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder / 'pid'};\nevents {{}}\nhttp {{\naccess_log off;\n{paths}"
        f"types {{ text/html html; }}\n{replaced(text, SITE, 'localhost')}}}\n"
    )
    return [
        "/usr/sbin/nginx",
        "-p",
        str(folder),
        "-e",
        str(folder / "log"),
        "-c",
        str(folder / "nginx.conf"),
    ]


def caddy(port: int, server_port: int, folder: Path) -> list[str]:
    """Its command, with the documented file; without TLS, whose certificates it fetches itself."""
    text = (DOCS / "proxies" / "Caddyfile").read_text("utf-8")
    text = replaced(text, "127.0.0.1:5006", f"127.0.0.1:{server_port}")
    text = replaced(text, f"\n{SITE} {{", f"\n{{\n\tadmin off\n}}\nhttp://localhost:{port} {{")
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "output").open("w") as output:
        proxy = subprocess.Popen(command, env=os.environ | home, stderr=output, stdout=output)
    try:
        yield
    finally:
        proxy.terminate()
        proxy.wait()


def fetched(url: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, encoding and contents; status 0 while nobody answers."""
    context = ssl._create_unverified_context()
    try:
        with urlopen(Request(url, headers=headers), context=context) as response:
            return response.status, response.headers.get("Content-Encoding", ""), response.read()
    except HTTPError as error:
        return error.code, "", error.read()
    except OSError:
        return 0, "", b""


@pytest.mark.ui
@pytest.mark.parametrize(("proxy", "scheme"), [(nginx, "https"), (caddy, "http")])
def test_the_app_lives_behind_a_documented_proxy(proxy, scheme, browser: Browser, tmp_path):
    port, server_port = free_port(), free_port()
    url, name = f"{scheme}://localhost:{port}", f"localhost:{port}"
    told = ("--port", server_port, "--allow-websocket-origin", name)
    with (
        serving("classroom-3x3", *told, log=tmp_path / "server"),
        running(proxy(port, server_port, tmp_path), tmp_path),
    ):
        wait_until(lambda: fetched(f"{url}/healthz")[0] == 200)
        page_text = fetched(f"{url}/")[2]
        (script,) = re.findall(rb'src="/?([^"]*bokeh\.min\.js[^"]*)"', page_text)
        library = fetched(f"{url}/{script.decode()}", **{"Accept-Encoding": "gzip"})
        assert library[:2] == (200, "gzip")
        assert b"bokeh" not in fetched(f"{url}/", Host=f"elsewhere.example:{port}")[2]
        complaints: list[str] = []
        page = browser.new_page(ignore_https_errors=True)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        expect(page.locator("canvas").first).to_be_visible()  # it came by the live connection
        page.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowLeft")
        page.evaluate(ANSWERED)
        page.close()
        assert complaints == []
