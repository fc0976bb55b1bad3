"""A platform's own domain in front of the guard's page: `ENDPOINT/acknowledge` leads to the one HTTP API there is.

Only inside of the emulator's process. On AWS an API mapping of a domain name does the same, and like that it leaves the
path's prefix out: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from typing import Any, Final

from ministack.services import apigateway

PATH: Final = "/acknowledge"


def through(scope: dict[str, Any]) -> dict[str, Any]:
    """The ASGI scope as the emulator knows it: of the API where it is a request of the page, else unchanged."""
    path = scope.get("path", "")
    if scope["type"] != "http" or not (path == PATH or path.startswith(f"{PATH}/")):
        return scope
    apis = [name for (_, _, name), api in apigateway._apis.all_items() if api["protocolType"] == "HTTP"]
    if not apis:
        return scope
    inside = f"/_aws/execute-api/{apis[-1]}/$default{path.removeprefix(PATH) or '/'}"
    return {**scope, "path": inside, "raw_path": inside.encode()}
