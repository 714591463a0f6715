"""The configuration of nginx in front of the web processes; `deploy/nginx.conf` is the one of compose.

The front takes a request in whole before a web process is given it, and an answer in whole before its reader
has read it: whoever sends or reads slowly holds a few kilobytes here and no worker. It gives each request to
the web process that has the fewest, and asks the probe threads about health, which no request can hold up
(ADR 0050).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hitl.sizes import API, MAX_FORM_BYTES, UPLOADS, BodyLimit

IN_CONTAINER = "/tmp"  # noqa: S108 - a file system of the container's own
_HEAD = """\
# Made by `python3 -m hitl.runtime.front_config`; change it there.
daemon off;
{main}worker_processes 1;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  log_format requests escape=json '{{"at":"$time_iso8601","level":"info","logger":"hitl.requests",'
    '"event":"request","request_id":"$named","method":"$request_method","path":"$uri","status":$status,'
    '"seconds":$request_time,"waited":"$upstream_response_time","bytes_in":$request_length,'
    '"bytes_out":$bytes_sent,"address":"$remote_addr"}}';
  access_log {access_log} requests if=$is_logged;
  map $uri $is_logged {{ default 1; "~^/(health|metrics|static)(/|$)" 0; }}
  map $request $is_api {{ default 0; "~^[A-Z]+ /api/" 1; }}
  map $http_x_request_id $named {{ default $request_id; "~^[A-Za-z0-9._-]{{1,64}}$" $http_x_request_id; }}
{strangers}
  client_header_timeout 10s;
  client_body_timeout 10s;
  send_timeout 30s;
  lingering_time 5s;
  keepalive_timeout 30s;
  reset_timedout_connection on;
  large_client_header_buffers 4 16k;
  client_body_buffer_size 1m;
  merge_slashes off;
  server_tokens off;
{temporary}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Request-Id $named;
  proxy_connect_timeout 2s;
  proxy_read_timeout 300s;
  proxy_buffer_size 64k;  # whoever is to sign in first is sent on with the address that they asked for
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  proxy_max_temp_file_size 2048m;
  proxy_intercept_errors off;

{upstreams}
  server {{
    listen {listen};
    default_type text/html;
    error_page 400 /.front/unreadable;
    error_page 414 /.front/too-long;
    error_page 494 =431 /.front/too-long;
"""

_LOCATIONS = """\
    location ~ ^/(health/|metrics$) {{
      client_max_body_size 1k;
      error_page 502 504 =503 @page_gone;
      proxy_pass http://probes;
    }}
    location {api_paths} {{
      client_max_body_size {api_bytes};
      if ($api_stranger) {{ return 413; }}
      error_page 413 @api_large;
      error_page 502 504 =503 @api_gone;
      proxy_pass http://service;
    }}
    location {upload_paths} {{
      client_max_body_size {upload_bytes};
      if ($upload_stranger) {{ return 413; }}
      error_page 413 @page_large;
      error_page 502 504 =503 @page_gone;
      proxy_pass http://service;
    }}
    location / {{
      client_max_body_size {form_bytes};
      error_page 413 @page_large;
      error_page 502 504 =503 @page_gone;
      proxy_pass http://service;
    }}
    location = /.front/unreadable {{
      internal;
      if ($is_api) {{ rewrite ^ /.front/unreadable-json last; }}
      return 400 '{page_unreadable}';
    }}
    location = /.front/unreadable-json {{
      internal;
      default_type application/problem+json;
      return 400 '{api_unreadable}';
    }}
    location = /.front/too-long {{
      internal;
      if ($is_api) {{ rewrite ^ /.front/too-long-json last; }}
      return 414 '{page_long}';
    }}
    location = /.front/too-long-json {{
      internal;
      default_type application/problem+json;
      return 414 '{api_long}';
    }}
    location @api_large {{ default_type application/problem+json; return 413 '{api_large}'; }}
    location @api_gone {{
      default_type application/problem+json;
      add_header Retry-After 2 always;
      return 503 '{api_gone}';
    }}
    location @page_large {{ return 413 '{page_large}'; }}
    location @page_gone {{ add_header Retry-After 2 always; return 503 '{page_gone}'; }}
  }}
}}
"""

_PROBLEM = (
    '{{"type":"urn:hitl:problem:{code}","title":"{title}","status":{status},"detail":"{detail}",'
    '"code":"{code}"}}'
)
_PAGE = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    "<h1>{title}</h1><p>{detail}</p></html>"
)
_LARGE = "The request is larger than this address takes. Nothing of it was kept. See /limits/ for what fits."
_UNREADABLE = (
    "The address holds a NUL character (%00), or a character or header that HTTP has not. Leave it out."
)
_LONG = "The address, or a header, has more than 16,000 characters. Send fewer."
_GONE = "The service is starting or being changed. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Front:
    """What differs from place to place.

    Attributes:
        listen: address and flags of nginx's `listen`.
        services: addresses of the web processes; probes: those of their probe threads.
        home: folder for what is on its way, None for the image's own.
        is_root: keep root's identity, since the folders are root's alone.
        resolver: the name server that knows the addresses anew when containers are replaced.
    """

    listen: str
    services: Sequence[str]
    probes: Sequence[str]
    home: str | None = None
    is_root: bool = False
    resolver: str | None = None

    def text(self) -> str:
        """Return the configuration file."""
        main = "error_log stderr crit;\n"
        home = self.home or IN_CONTAINER
        main += f'pid "{home}/nginx.pid";\n' + ("user root;\n" if self.is_root else "")
        head = _HEAD.format(
            main=main,
            access_log="/dev/stdout",
            strangers=_stranger("api", API) + "\n" + _stranger("upload", UPLOADS),
            temporary=_temporary(home),
            upstreams=self._upstreams(),
            listen=self.listen,
        )
        return head + _LOCATIONS.format(
            api_paths=f"~ {API.paths.pattern}",
            api_bytes=API.most,
            upload_paths=f'~ "{UPLOADS.paths.pattern}"',
            upload_bytes=UPLOADS.most,
            form_bytes=MAX_FORM_BYTES,
            api_large=_PROBLEM.format(
                code="too_large", title="Request Entity Too Large", status=413, detail=_LARGE
            ),
            api_gone=_PROBLEM.format(
                code="unavailable", title="Service Unavailable", status=503, detail=_GONE
            ),
            api_unreadable=_PROBLEM.format(
                code="bad_request", title="Bad Request", status=400, detail=_UNREADABLE
            ),
            page_unreadable=_PAGE.format(title="This cannot be read", detail=_UNREADABLE),
            api_long=_PROBLEM.format(code="too_long", title="Too Long", status="$status", detail=_LONG),
            page_long=_PAGE.format(title="This is too long", detail=_LONG),
            page_large=_PAGE.format(title="This is too large", detail=_LARGE),
            page_gone=_PAGE.format(title="Not there for a moment", detail=_GONE),
        )

    def _upstreams(self) -> str:
        resolve = " resolve" if self.resolver else ""
        lines = [f"  resolver {self.resolver} valid=5s;"] if self.resolver else []
        # A failure takes nobody out of the list: a process that is started again is asked at once.
        for name, places in (("service", self.services), ("probes", self.probes)):
            servers = " ".join(f"server {place} max_fails=0{resolve};" for place in places)
            kept = "keepalive 16; keepalive_timeout 5s;"  # web processes close what idles for longer
            lines.append(f"  upstream {name} {{ zone {name} 64k; least_conn; {servers} {kept} }}")
        return "\n".join(lines) + "\n"


def _stranger(name: str, limit: BodyLimit) -> str:
    """A body larger than a form, or of unknown size, from somebody who brings no key and no session."""
    return (
        f'  map "{limit.nginx_header}|$http_content_length|$http_transfer_encoding" ${name}_stranger '
        '{ default 0; "~^\\|[0-9]{7,}\\|" 1; "~^\\|[^|]*\\|." 1; }'
    )


def _temporary(home: str) -> str:
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f'  {name}_temp_path "{home}/{name}";\n' for name in names)


COMPOSE = Front(
    listen="8000",
    services=["web:8000"],
    probes=["web:8001"],
    resolver="127.0.0.11",
)


if __name__ == "__main__":
    print(COMPOSE.text(), end="")
