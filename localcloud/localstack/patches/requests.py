"""Requests that do not fit their service's model: refused as AWS does, and told apart from our own faults.

Sources: Smithy's protocol tests, which AWS's services keep (``malformedRequests`` of restJson1: a value of
another type, a number out of range, null in a list or a map is a ``SerializationException``, status 400);
"Common Errors" of the Query APIs (``MissingAction``, ``InvalidAction``, ``ValidationError``,
``MalformedInput``); "Error responses" of S3 (``MalformedXML``, ``InvalidArgument``, ``NotImplemented``).
"""

import logging
import re
from collections.abc import Callable
from urllib.parse import parse_qs

from botocore.model import OperationNotFoundError, Shape
from localstack.aws import skeleton
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.handlers import service
from localstack.aws.handlers.logging import ExceptionLogger
from localstack.aws.handlers.service import ServiceExceptionSerializer, ServiceRequestParser, SkeletonHandler
from localstack.aws.protocol.parser import (
    BaseJSONRequestParser,
    OperationNotFoundParserError,
    ProtocolParserError,
    RequestParserError,
    RestXMLRequestParser,
    create_parser,
)
from localstack.aws.protocol.serializer import create_serializer
from localstack.http import Request, Response
from localstack.utils.patch import patch
from moto.core.exceptions import RESTError
from moto.core.exceptions import ServiceException as MotoServiceException

from localcloud.errors import ServiceError
from localcloud.json_types import unknown_member, why_it_does_not_fit
from localcloud.refusals import explain_failure, too_long

LOG = logging.getLogger(__name__)

ANSWERS = (ServiceException, MotoServiceException, RESTError, NotImplementedError)
"""What services raise to say something; anything else that they raise is a failure."""

BAD_BODY = {"query": "MalformedInput", "rest-xml": "MalformedXML"}
BROKEN_CONSTRAINT = {
    "query": "ValidationError",
    "rest-xml": "InvalidArgument",
    "logs": "InvalidParameterException",  # a service with a code of its own
}
UNKNOWN_OPERATION = {"query": "InvalidAction", "rest-xml": "NotImplemented"}
"""Codes by protocol; for the JSON protocols see below. The status of an unknown operation is 501: AWS may
know it, in a newer version of the service's model than ours, and SDKs do not repeat what got 501."""

OURS = frozenset({"cloudwatch", "sagemaker", "sagemaker-geospatial", "sagemaker-metrics", "scheduler"})
"""The services that refuse by name what they do not do."""

SUBRESOURCE = re.compile("[a-z][A-Za-z]+")
"""How S3 writes what of a bucket or an object a request is about: a query parameter without a value."""


class RefusedError(ProtocolParserError):
    """A part of a request does not fit the model, and this is AWS's answer to it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = refused(code, message)


def apply() -> None:
    """Apply all patches of this module."""
    refuse_json_of_another_type()
    refuse_headers_of_another_type_by_name()
    answer_what_cannot_be_read()
    answer_before_the_operation_is_known()
    tell_broken_constraints_from_faults()
    say_what_is_not_offered()
    log_each_fault_once()


def refuse_json_of_another_type() -> None:
    """Defect: a number passes for a string and the other way round, and services fail on it.

    What our own services would have to do, but their model does not know, is ignored as well.
    """

    def parse_shape(
        self: BaseJSONRequestParser, request: Request, shape: Shape, node: object, uri_params: object = None
    ) -> object:
        stands_in_body = shape is not None and "location" not in shape.serialization
        is_json = not request.mimetype.startswith("application/x-amz-cbor")
        if stands_in_body and is_json and (reason := why_it_does_not_fit(shape, node)):
            raise RefusedError("SerializationException", reason)
        is_ours = shape is not None and self.service.service_name in OURS
        if is_ours and is_json and (name := unknown_member(shape, node)):
            raise RefusedError("ValidationException", f"{name} is not supported by the local cloud.")
        return super(BaseJSONRequestParser, self)._parse_shape(request, shape, node, uri_params)

    BaseJSONRequestParser._parse_shape = parse_shape


def refuse_headers_of_another_type_by_name() -> None:
    """Defect: S3 does not tell apart a body that is no such XML and an argument of another type."""

    def parse_shape(
        self: RestXMLRequestParser, request: Request, shape: Shape, node: object, uri_params: object = None
    ) -> object:
        try:
            return super(RestXMLRequestParser, self)._parse_shape(request, shape, node, uri_params)
        except RefusedError:
            raise
        except RequestParserError as error:
            if shape.serialization.get("location") in {"header", "querystring"}:
                name = shape.serialization.get("name")
                raise RefusedError("InvalidArgument", f"Provided {name} is no {shape.type_name}.") from error
            raise

    RestXMLRequestParser._parse_shape = parse_shape


def answer_what_cannot_be_read() -> None:
    """Defect: what the parser refuses is answered with 500, which SDKs repeat, and is an ERROR in the log."""

    def parse_and_enrich(self: ServiceRequestParser, context: RequestContext) -> None:
        parser = create_parser(context.service, context.protocol)
        try:
            context.operation, context.service_request = parser.parse(context.request)
            if _names_unknown_subresource(context):
                context.operation = context.service_request = None
                raise OperationNotFoundParserError
        except RefusedError as refused:
            raise refused.answer from refused
        except RequestParserError as error:
            raise _answer(error, context) from error

    ServiceRequestParser.parse_and_enrich = parse_and_enrich


def _names_unknown_subresource(context: RequestContext) -> bool:
    """Tell whether this is an operation of S3 that our model does not know.

    ``DELETE /bucket/key?annotation`` would else delete the object.
    """
    if context.service.service_name != "s3":
        return False
    written = context.operation.http["requestUri"].partition("?")[2]
    known = set(parse_qs(written, keep_blank_values=True))
    members = context.operation.input_shape.members.values() if context.operation.input_shape else ()
    known |= {member.serialization.get("name") for member in members}
    named = [name for name, value in context.request.args.items(multi=True) if not value]
    return any(SUBRESOURCE.fullmatch(name) and name not in known for name in named)


def _answer(
    error: RequestParserError, context: RequestContext
) -> CommonServiceException | NotImplementedError:
    """Say in AWS's words why the parser gave up."""
    protocol, cause = _protocol(context), error.__cause__
    if isinstance(cause, NotImplementedError):
        return NotImplementedError("The local cloud does not read event streams.")
    if isinstance(error, OperationNotFoundParserError) or isinstance(cause, OperationNotFoundError):
        return _unknown_operation(context, protocol)
    if protocol == "query" and "Action" not in context.request.values:
        return refused("MissingAction", "The request names no Action.")
    if protocol == "json" and "X-Amz-Target" not in context.request.headers:
        if context.request.path != "/":  # of another API that signs by the same name: SageMaker's Metrics
            return _unknown_operation(context, protocol)
        return refused("UnknownOperationException", "The request has no header X-Amz-Target.")
    LOG.debug("a request to %s cannot be read", context.service.service_name, exc_info=error)
    what = str(error) if isinstance(error, ProtocolParserError) else "The request cannot be read."
    code = BAD_BODY.get(protocol, "SerializationException")
    return refused(code, what.splitlines()[0][:1024])


def _unknown_operation(context: RequestContext, protocol: str) -> CommonServiceException:
    request = context.request
    named = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if protocol == "query":
        named = request.values.get("Action", "")
    if protocol.startswith("rest") or not named:
        named = f"{request.method} {request.path}"
    message = f"The local cloud's model of {context.service.service_name} has no operation '{named[:128]}'."
    return refused(UNKNOWN_OPERATION.get(protocol, "UnknownOperationException"), message, 501)


def _protocol(context: RequestContext) -> str:
    return str(context.protocol or context.service.protocol)


def refused(code: str, message: str, status: int = 400) -> CommonServiceException:
    """Make an error; LocalStack tells SQS's clients the name of its class as the code."""
    kind = type(code, (CommonServiceException,), {})
    error: CommonServiceException = kind(code, message, status, sender_fault=True)
    return error


def answer_before_the_operation_is_known() -> None:
    """Defect: an error that comes before the operation is known cannot be written."""

    @patch(ServiceExceptionSerializer.create_exception_response)
    def create_exception_response(
        original: Callable[..., Response],
        self: ServiceExceptionSerializer,
        exception: Exception,
        context: RequestContext,
    ) -> Response:
        if context.operation is not None or not isinstance(exception, ServiceException):
            return original(self, exception, context)
        context.service_exception = exception
        any_operation = context.service.operation_model(context.service.operation_names[0])
        return create_serializer(context.service, context.protocol).serialize_error_to_response(
            exception, any_operation, context.request.headers, context.request_id
        )


def tell_broken_constraints_from_faults() -> None:
    """Defect: services fail, and answer 500, where a request lacks what its model requires.

    Services have the first word, but for what is too long. Where one fails on a request that its model
    forbids, the model explains why.
    """

    @patch(SkeletonHandler.__call__)
    def call(
        original: Callable[..., None],
        self: SkeletonHandler,
        chain: object,
        context: RequestContext,
        response: Response,
    ) -> None:
        if reason := too_long(context.operation, context.service_request or {}):
            raise refused(_code(reason, context), reason.message)
        try:
            original(self, chain, context, response)
        except ANSWERS:
            raise
        except Exception as failure:
            reason = explain_failure(context.operation, context.service_request or {}, failure)
            if reason is None:
                raise
            LOG.debug("%s failed on a bad request", context.operation.name, exc_info=failure)
            raise refused(_code(reason, context), reason.message) from failure


def _code(reason: ServiceError, context: RequestContext) -> str:
    """Give the code by which a service calls a broken constraint."""
    if reason.code != "ValidationException":
        return reason.code
    for name in (context.service.service_name, _protocol(context)):
        if name in BROKEN_CONSTRAINT:
            return BROKEN_CONSTRAINT[name]
    return reason.code


def say_what_is_not_offered() -> None:
    """Defect: what LocalStack has not implemented is said to depend on a licence, which nobody can buy."""

    def not_offered(service_name: str, operation_name: str | None, status: object) -> CommonServiceException:
        name = f"{service_name} {operation_name}" if operation_name else service_name
        error = refused("InternalFailure", f"The local cloud does not offer {name}.", 501)
        error.error_code = 0  # LocalStack's own, for its statistics
        return error

    skeleton.get_service_availability_exception = not_offered
    service.get_service_availability_exception = not_offered


def log_each_fault_once() -> None:
    """Defect: each failure is an ERROR in the log, without a traceback.

    So a program that repeats its request fills the log with a line that helps nobody.
    """
    told: set[tuple[str, str, int]] = set()

    def log(
        self: ExceptionLogger,
        chain: object,
        exception: Exception,
        context: RequestContext,
        response: Response,
    ) -> None:
        if isinstance(exception, ANSWERS):
            return
        name = context.service.service_name if context.service else "the gateway"
        if context.operation:
            name = f"{name} {context.operation.name}"
        place = _place(exception)
        if place in told:
            LOG.debug("%s failed again: %s", name, exception)
            return
        told.add(place)
        LOG.error("%s failed; this failure is told once", name, exc_info=exception)

    ExceptionLogger.__call__ = log


def _place(exception: Exception) -> tuple[str, str, int]:
    """Tell faults apart by what was raised and where."""
    trace = exception.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return type(exception).__name__, "", 0
    return type(exception).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno
