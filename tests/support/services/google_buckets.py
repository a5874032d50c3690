"""Google's buckets as gcp-storage-emulator has them, run by its Python: `google_buckets.py PORT BUCKET`.

Its XML interface takes a path only as it is written, and overwrites what a precondition protects; Google's doesn't.
"""

import sys
from http import HTTPStatus
from urllib.parse import unquote

from gcp_storage_emulator import server
from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers import objects

upload = objects.xml_upload


def guarded(request, response, storage, *arguments):
    """Refuses to replace an object where the client asks for a new one."""
    try:
        storage.get_file_obj(request.params["bucket_name"], request.params["object_id"])
        there = True
    except NotFound:
        there = False
    if there and request.get_header("x-goog-if-generation-match") == "0":
        response.status = HTTPStatus.PRECONDITION_FAILED
        return
    upload(request, response, storage, *arguments)
    response["ETag"] = '"1"'


def put(handler):
    """Routes by the path that is meant."""
    if not handler.path.startswith("/upload/"):
        handler.path = unquote(handler.path)
    server.Router(handler).handle(server.PUT)


server.HANDLERS = tuple(
    (pattern, handlers | ({server.PUT: guarded} if handlers.get(server.PUT) is upload else {}))
    for pattern, handlers in server.HANDLERS
)
server.RequestHandler.do_PUT = put
server.server.HTTPServer = server.server.ThreadingHTTPServer  # a client may hold a connection without asking
api = server.create_server("127.0.0.1", int(sys.argv[1]), in_memory=True, default_bucket=sys.argv[2])
api.run()
