"""The process in which a function runs: a Lambda runtime for Python over stdin and stdout.

Run as a script by `pool`, in isolated mode and without site-packages, so that a function sees the standard library,
its own zip and its layers, as in Lambda. It imports nothing of this package. Messages are frames: two big-endian
32-bit lengths, a JSON head, a body. What the function prints goes to stderr, which the parent keeps as its log.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import struct
import sys
import time
import traceback
import types
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAME = struct.Struct(">II")
END_OF_LOG = "\x00END-OF-LOG\x00"
_RUNTIME_EXTRAS = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")

Handler = Any


class FaultError(Exception):
    """A failure of the runtime itself, with Lambda's error type."""

    def __init__(self, kind: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


class Marshaller:
    """Turns request bytes into the event and the handler's result into bytes, as awslambdaric's does."""

    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any:
        """The event."""
        if content_type != "application/json":
            return request
        try:
            return json.loads(request)
        except ValueError as error:
            raise FaultError(
                "Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"
            ) from error

    def marshal_response(self, response: Any) -> tuple[Any, str]:
        """(payload, content type); bytes go out as they are."""
        if isinstance(response, bytes):
            return response, "application/unknown"
        try:
            text = json.dumps(response, ensure_ascii=False, default=_decimal)
        except (TypeError, ValueError, RecursionError) as error:
            raise FaultError(
                "Runtime.MarshalError", f"Unable to marshal response: {error}"
            ) from error
        return text, "application/json"


def _decimal(value: Any) -> Any:
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


class LambdaRuntimeClient:
    """Stands in for `awslambdaric.lambda_runtime_client.LambdaRuntimeClient`: authors may replace `marshaller`."""

    marshaller: Any = Marshaller()


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.aws_request_id = head["id"]
        self.invoked_function_arn = head["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = head.get("client_context")
        self.identity = None
        self._deadline = head["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        return max(0, int((self._deadline - time.time()) * 1000))


class HostPackages:
    """Finds packages in the host's site-packages: those that were built for another platform than this one.

    With `fallback`, it is asked last, for what Lambda's own runtime carries (boto3), and may find nothing.
    """

    def __init__(self, names: Sequence[str], sites: list[str], *, fallback: bool = False) -> None:
        self._names = frozenset(names)
        self._sites = sites
        self._fallback = fallback

    def find_spec(
        self, name: str, path: Any = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """See importlib.abc.MetaPathFinder."""
        if path is not None or name not in self._names:
            return None
        spec = PathFinder.find_spec(name, self._sites, target)
        if spec is None and not self._fallback:
            raise ModuleNotFoundError(
                f"{name!r} in the uploaded code is built for another platform or Python, and "
                "the sandbox's own Python has no such package",
                name=name,
            )
        return spec


class LogHandler(logging.Handler):
    """Root handler: Lambda's line `[LEVEL]<tab>time<tab>request id<tab>message`, or one JSON object per record."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to the log."""
        message = self.format(record)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
            content = {
                "timestamp": f"{stamp}Z",
                "level": record.levelname,
                "message": message,
                "logger": record.name,
                "requestId": self.request_id,
            }
            line = json.dumps(content, ensure_ascii=False)
        else:
            line = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{message}"
        sys.stderr.write(line + "\n")


def main() -> None:
    """Load the handler, then answer invocations until stdin ends."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr = os.fdopen(
        2, "w", 1, encoding="utf-8", errors="replace", closefd=False
    )
    log_handler = LogHandler()
    logging.getLogger().addHandler(log_handler)
    try:
        handler = _load(json.loads(sys.argv[1]))
    except FaultError as fault:
        _finish_log()
        _send(sink, {"kind": "init_error", "error": _fault_error(fault)})
        return
    except SystemExit as error:
        _exit(error)
    except BaseException as error:  # noqa: BLE001  (whatever a function raises is its answer)
        _finish_log()
        _send(sink, {"kind": "init_error", "error": _error(error, "")})
        return
    _finish_log()
    _send(sink, {"kind": "ready"})
    while (message := _receive(source)) is not None:
        head, body = message
        log_handler.request_id = head["id"]
        answer, payload = _invoke(handler, head, body)
        answer["memory_kb"] = _peak_memory_kb()
        _finish_log()
        _send(sink, answer, payload)


def _load(setup: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """Prepare the module path as Lambda has it and import the handler. Raises FaultError."""
    _install_runtime_client()
    sys.path[:0] = [setup["task_root"], *setup["layer_paths"]]
    sys.meta_path.insert(0, HostPackages(setup["foreign"], setup["host_sites"]))
    extras = HostPackages(_RUNTIME_EXTRAS, setup["host_sites"], fallback=True)
    sys.meta_path.append(extras)
    os.chdir(setup["task_root"])
    name = setup["handler"]
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise FaultError(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    module = _import(module_name.replace("/", "."), module_name)
    handler = getattr(module, function_name, None)
    if not callable(handler):
        raise FaultError(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        )
    return handler  # type: ignore[no-any-return]


def _import(module: str, shown: str) -> types.ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise FaultError(
            "Runtime.ImportModuleError", f"Unable to import module '{shown}': {error}"
        ) from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise FaultError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{shown}': {error}", trace
        ) from error


def _install_runtime_client() -> None:
    package = types.ModuleType("awslambdaric")
    package.__path__ = []
    client = types.ModuleType("awslambdaric.lambda_runtime_client")
    client.LambdaRuntimeClient = LambdaRuntimeClient  # type: ignore[attr-defined]
    package.lambda_runtime_client = client  # type: ignore[attr-defined]
    sys.modules["awslambdaric"] = package
    sys.modules["awslambdaric.lambda_runtime_client"] = client


def _invoke(
    handler: Callable[[Any, Any], Any], head: dict[str, Any], body: bytes
) -> tuple[dict[str, Any], bytes]:
    marshaller = LambdaRuntimeClient.marshaller
    try:
        context = LambdaContext(head)
        event = marshaller.unmarshal_request(body, "application/json")
        payload, _ = marshaller.marshal_response(handler(event, context))
    except FaultError as fault:
        return {"kind": "error", "error": _logged(_fault_error(fault, head["id"]))}, b""
    except SystemExit as error:
        _exit(error)
    except BaseException as error:  # noqa: BLE001  (whatever a function raises is its answer)
        return {"kind": "error", "error": _logged(_error(error, head["id"]))}, b""
    return {"kind": "result"}, payload.encode() if isinstance(payload, str) else bytes(payload)


def _exit(error: SystemExit) -> NoReturn:
    """End as the function wants to: Lambda reports the exit status."""
    _finish_log()
    os._exit(error.code if isinstance(error.code, int) else int(error.code is not None))


def _error(error: BaseException, request_id: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(own),
    }


def _fault_error(fault: FaultError, request_id: str = "") -> dict[str, Any]:
    return {
        "errorMessage": str(fault),
        "errorType": fault.kind,
        "requestId": request_id,
        "stackTrace": fault.trace,
    }


def _logged(error: dict[str, Any]) -> dict[str, Any]:
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", *map(str.rstrip, error["stackTrace"])]
    sys.stderr.write("\n".join(lines) + "\n")
    return error


_peaks: dict[int, int] = {}


def _peak_memory_kb() -> int:
    """The peak of this program, which is read anew only when what getrusage tells has grown."""
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if told not in _peaks:
        _peaks.clear()
        _peaks[told] = _read_peak_memory_kb()
    return _peaks[told]


def _read_peak_memory_kb() -> int:
    """The peak of this program alone: what getrusage tells on Linux includes the parent's before the exec."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  (cheap)
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _finish_log() -> None:
    sys.stderr.flush()
    os.write(2, f"{END_OF_LOG}\n".encode())


def _receive(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    lengths = source.read(FRAME.size)
    if len(lengths) < FRAME.size:
        return None
    head_length, body_length = FRAME.unpack(lengths)
    head = json.loads(source.read(head_length))
    return head, source.read(body_length)


def _send(sink: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    text = json.dumps(head).encode()
    sink.write(FRAME.pack(len(text), len(body)) + text)
    sink.write(body)
    sink.flush()


if __name__ == "__main__":
    main()
