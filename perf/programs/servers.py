# SPDX-License-Identifier: Apache-2.0
"""Servers on a port of the loopback, what they are given to do, and what they answer."""

import hashlib
import http.client
import os
import random
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 120.0


class ServerError(Exception):
    """A server did not come up, or its client failed."""


def free_port() -> int:
    """One that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A server that was started in `folder`, on `port` of the loopback."""

    folder: Path
    port: int

    def await_ready(self, pid: int) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                raise ServerError("the server ended by itself")
            time.sleep(0.01)
        raise ServerError("the server did not come up")

    def client(self, *command: str, given: bytes = b"") -> bytes:
        """A client's output. It runs over the system's allocator."""
        done = subprocess.run(command, cwd=self.folder, input=given, capture_output=True, check=False)
        if done.returncode != 0:
            raise ServerError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode()}")
        return done.stdout


# Redis: random load first, while a child of fork writes all data to disk; then data that are the same each
# time, of which half is dropped again by another thread (UNLINK).
REDIS = ("redis-server", "--bind", "127.0.0.1", "--port", "{port}", "--dir", ".", "--save", "",
         "--appendonly", "yes", "--appendfsync", "no", "--enable-debug-command", "yes",
         "--loglevel", "warning")
KEYS = 60000


def redis_begins(server: Server) -> None:
    """With nothing of an earlier run."""
    (server.folder / "dump.rdb").unlink(missing_ok=True)
    shutil.rmtree(server.folder / "appendonlydir", ignore_errors=True)


def redis_files(folder: Path) -> None:
    draw = random.Random(5)
    lines = ["DEL myset myhash mylist counter:__rand_int__"]
    for i in range(KEYS):
        lines.append(f"SET key:{i:012d} {'%x' % draw.getrandbits(32) * draw.randint(1, 60)}")
        if i % 4 == 0:
            lines.append(f"HSET hash:{i % 500} field{i} {'y' * draw.randint(1, 90)}")
            lines.append(f"ZADD sorted:{i % 100} {draw.randint(0, 99999)} member{i}")
            lines.append(f"RPUSH list:{i % 200} {'z' * draw.randint(1, 200)}")
    lines += ["UNLINK " + " ".join(f"key:{i:012d}" for i in range(start, start + 200, 2))
              for start in range(0, KEYS, 200)]
    (folder / "work.commands").write_text("\n".join(lines) + "\n", encoding="ascii")


def _cli(server: Server, *words: str, given: bytes = b"") -> str:
    return server.client("redis-cli", "-p", str(server.port), *words, given=given).decode()


def _await_save(server: Server) -> None:
    end = time.monotonic() + PATIENCE_S
    while "rdb_bgsave_in_progress:1" in (said := _cli(server, "INFO", "persistence")):
        if time.monotonic() > end:
            raise ServerError("redis did not end its BGSAVE")
        time.sleep(0.02)
    if "rdb_last_bgsave_status:ok" not in said:
        raise ServerError("redis's BGSAVE failed")


def _data_of(server: Server) -> bytes:
    return (_cli(server, "DEBUG", "DIGEST") + _cli(server, "DBSIZE")).encode()


def redis(server: Server) -> bytes:
    """The digest of all data, which a server over the system's allocator must find again on the disk."""
    benchmark = ("redis-benchmark", "-p", str(server.port), "-q", "-c", "20", "-P", "8",
                 "-r", str(KEYS), "-d", "150")
    server.client(*benchmark, "-n", "100000", "-t", "set,sadd,hset,lpush")
    _cli(server, "BGSAVE")
    server.client(*benchmark, "-n", "100000", "-t", "set,get")
    _await_save(server)
    said = _cli(server, "--pipe", given=(server.folder / "work.commands").read_bytes())
    if "errors: 0" not in said:
        raise ServerError(f"redis-cli --pipe: {said}")
    _cli(server, "BGSAVE")
    _await_save(server)
    data = _data_of(server)
    reloaded = _from_disk(server.folder)
    if reloaded != data:
        raise ServerError("redis wrote other data to the disk than it has")
    return data


def _from_disk(folder: Path) -> bytes:
    """The digest of what is in dump.rdb, by a server over the system's allocator."""
    second = Server(folder, free_port())
    child = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(second.port),
                              "--dir", ".", "--save", "", "--enable-debug-command", "yes"],
                             cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        second.await_ready(child.pid)
        end = time.monotonic() + PATIENCE_S
        while "loading:1" in _cli(second, "INFO", "persistence") and time.monotonic() < end:
            time.sleep(0.02)
        return _data_of(second)
    finally:
        child.terminate()
        child.wait()


# nginx: files, some compressed on the way, and the same again through a proxy of its own.
NGINX = ("nginx", "-e", "stderr", "-p", "{folder}/", "-c", "{folder}/nginx.conf")
NGINX_CONF = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit; {user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    types {{ text/html html; text/plain txt; }}
    keepalive_requests 100000;
    upstream back {{ server 127.0.0.1:{port}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        root {folder}/site;
        location / {{ }}
        location /gzip/ {{ gzip on; gzip_comp_level 1; gzip_types text/plain; alias {folder}/site/; }}
        location /proxy/ {{ proxy_pass http://back/; proxy_http_version 1.1;
                            proxy_set_header Connection ""; proxy_buffers 16 8k; }}
        location /parts/ {{ ssi on; alias {folder}/site/; }}
    }}
}}
"""
PAGES = ("/small.html", "/large.txt", "/gzip/large.txt", "/proxy/large.txt", "/parts/parts.html")


def nginx_files(folder: Path) -> None:
    site = folder / "site"
    site.mkdir()
    draw = random.Random(6)
    words = " ".join("%x" % int(draw.paretovariate(0.8) * 17 % 65536) for _ in range(20000))
    (site / "small.html").write_text("<p>" + words[:1000], encoding="ascii")
    (site / "large.txt").write_text(words[:60000], encoding="ascii")
    (site / "parts.html").write_text("<p>" + "".join(
        f"{i} <!--# include virtual=\"/small.html?{i}\" -->" for i in range(20)), encoding="ascii")


def nginx_begins(server: Server) -> None:
    """The configuration has the port. As root nginx would change to another user, whom the folder is closed to."""
    user = "user root;" if os.geteuid() == 0 else ""
    (server.folder / "nginx.conf").write_text(
        NGINX_CONF.format(port=server.port, folder=server.folder, user=user), encoding="utf-8")


def _body(server: Server, page: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("GET", page, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise ServerError(f"nginx: {page}: status {answer.status}")
    return body


def nginx(server: Server) -> bytes:
    """The bodies of all pages, before and after the load."""
    digest = hashlib.sha256()
    for page in PAGES:
        digest.update(_body(server, page))
    for page in PAGES:
        said = server.client("ab", "-q", "-k", "-n", "8000", "-c", "40", "-H", "Accept-Encoding: gzip",
                             f"http://127.0.0.1:{server.port}{page}").decode()
        if "Failed requests:        0" not in said or "Non-2xx" in said:
            raise ServerError(f"nginx: {page}: {said}")
    for page in PAGES:
        digest.update(_body(server, page))
    return digest.digest()
