"""The catalogue of failures that are known to happen, as data. `core.explanations` recognises them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Group(StrEnum):
    """The sections of docs/troubleshooting.md."""

    CREDENTIALS = "Credentials and permissions in AWS"
    LOGIN = "The database and its login"
    ROLE = "From Redshift to Lambda: roles and network"
    ANSWER = "What Lambda answers"
    LIMITS = "Limits"
    DEPLOYING = "Installing and upgrading"
    DESIGN = "What Lambda functions in Redshift cannot do"


@dataclass(frozen=True, slots=True)
class Known:
    """A failure. `patterns` are regular expressions, in any case, of the service's text; first entries win.

    `seen` is such a text as the service writes it, with names of things in capitals.
    `cause` and `fix` may hold {names} of groups in the patterns; `names` are their values where a pattern has none.
    Entries without patterns show in no error message: `cause` says how they show.
    """

    code: str
    group: Group
    title: str
    patterns: tuple[str, ...]
    cause: str
    fix: str
    names: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""


_BOOTSTRAP = (
    "Log in as a superuser (--db-user or --secret-arn), or let a superuser run what `carto-at "
    "bootstrap-sql` prints."
)
_LOGS = "See what went wrong with `carto-at logs`."

KNOWN: tuple[Known, ...] = (
    # --- credentials ---
    Known(
        "credentials-expired", Group.CREDENTIALS, "The AWS credentials have expired",
        (r"\bExpiredToken(Exception)?\b|\bRequestExpired\b|security token included in the request is expired",),
        "Temporary credentials end after some hours; everything that was done so far is recorded.",
        "Sign in again (for SSO: `aws sso login --profile NAME`) and repeat the command.",
        seen="ExpiredTokenException: The security token included in the request is expired",
    ),
    Known(
        "clock", Group.CREDENTIALS, "The clock of this machine is wrong",
        (r"Signature (not yet current|expired)|RequestTimeTooSkewed",),
        "AWS refuses requests that are signed more than five minutes off.",
        "Set the clock, best by time synchronisation (NTP); `carto-at check` shows how far it is off.",
        seen="SignatureDoesNotMatch: Signature expired: 20261126T040000Z is now earlier than 20261126T041500Z",
    ),
    Known(
        "credentials-refused", Group.CREDENTIALS, "AWS does not know the credentials",
        (r"\bInvalidClientTokenId\b|\bUnrecognizedClientException\b|\bSignatureDoesNotMatch\b|\bAuthFailure\b",),
        "The access key does not exist, was deleted, or belongs to another part of AWS (China, GovCloud).",
        "Check --profile and the AWS_* environment variables: `aws sts get-caller-identity`.",
        seen="InvalidClientTokenId: The security token included in the request is invalid.",
    ),
    Known(
        "invoke-denied", Group.ROLE, "The invoke role may not invoke the function",
        (r"not authorized to perform: lambda:InvokeFunction on resource: (?P<resource>\S+)",),
        "Redshift could assume the role, but its policies do not allow lambda:InvokeFunction on {resource}.",
        "`carto-at check` prints the command that allows it; for a role that carto-at made: `carto-at repair`.",
        {"resource": "the function"},
        seen=(
            "User: arn:aws:sts::123456789012:assumed-role/NAME/RedshiftIamRoleSession is not authorized to "
            "perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:123456789012:function:NAME"
        ),
    ),
    Known(
        "chain-broken", Group.ROLE, "A role of the chain may not assume the next one",
        (r"not authorized to perform: sts:AssumeRole on resource: (?P<resource>\S+)",),
        "Of the roles of --invoke-role-arn, each needs sts:AssumeRole on the next, and the next must trust it.",
        "`carto-at check --invoke-role-arn FIRST,SECOND` prints the missing policy.",
        seen=(
            "User: arn:aws:sts::123456789012:assumed-role/FIRST/RedshiftIamRoleSession is not authorized to "
            "perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/SECOND"
        ),
    ),
    Known(
        "action-denied", Group.CREDENTIALS, "AWS denies an action",
        (r"not authorized to perform: (?P<action>[\w:-]+)",),
        "Your IAM identity lacks {action}.",
        "Have it allowed: `carto-at policy` prints the whole policy that is needed.",
        seen=(
            "User: arn:aws:iam::123456789012:user/NAME is not authorized to perform: lambda:CreateFunction "
            "on resource: arn:aws:lambda:eu-west-1:123456789012:function:NAME"
        ),
    ),
    # --- login ---
    Known(
        "language-exfunc", Group.LOGIN, "permission denied for language exfunc",
        (r"permission denied for language exfunc",),
        "Logins by IAM identity are not superusers, and nobody else may create Lambda functions without a grant.",
        _BOOTSTRAP,
        seen="ERROR: permission denied for language exfunc",
    ),
    Known(
        "assumerole", Group.LOGIN, "The login may not use the IAM role",
        (r"does not have ASSUMEROLE permission on IAM role",),
        "ASSUMEROLE was revoked from PUBLIC in this database, so each login needs it for the invoke role.",
        "Let a superuser run what `carto-at bootstrap-sql --assume-role` prints.",
        seen=(
            "ERROR: User IAM:NAME does not have ASSUMEROLE permission on IAM role "
            '"arn:aws:iam::123456789012:role/NAME" for EXTERNAL FUNCTION'
        ),
    ),
    Known(
        "not-owner", Group.LOGIN, "The objects belong to somebody else",
        (r"must be owner of (?P<thing>.+?)(\n|$)",),
        "Only the owner of {thing}, or a superuser, may replace or drop it.",
        "Log in as who installed it (see `carto-at history`), or as a superuser (--db-user, --secret-arn).",
        seen="ERROR: must be owner of function quadbin_kring",
    ),
    Known(
        "permission-denied", Group.LOGIN, "The login may not do that in the database",
        (r"permission denied for (?P<thing>\w+ \S+)", r"permission denied"),
        "The login lacks a right on {thing}.",
        "Log in as who installed it or as a superuser (--db-user, --secret-arn); before the first installation, let a "
        "superuser run what `carto-at bootstrap-sql` prints.",
        {"thing": "an object"},
        seen="ERROR: permission denied for schema carto",
    ),
    Known(
        "no-database", Group.LOGIN, "The database does not exist",
        (r'database "?(?P<name>[^"\s]+)"? does not exist', r'database "(?P<name>[^"]+)" does not exist'),
        "The cluster has no database {name}.",
        "Check --database; `aws redshift-data list-databases` lists them.",
        seen='FATAL: database "NAME" does not exist',
    ),
    Known(
        "no-user", Group.LOGIN, "The database user does not exist",
        (r'FATAL: +(user|role) "(?P<name>[^"]+)" does not exist',),
        "The database has no user {name}.",
        "Check --db-user; the administrator of a new cluster is often admin or awsuser (MasterUsername in "
        "`aws redshift describe-clusters`).",
        seen='FATAL: user "NAME" does not exist',
    ),
    Known(
        "no-endpoint", Group.LOGIN, "The cluster cannot be reached",
        (
            r"Redshift endpoint doesn't exist",
            r"cluster is paus",
            r"(cluster|workgroup) \S+ is not available",
            r"must be available for this operation",
        ),
        "The cluster or workgroup does not exist in this region, or is paused or changing.",
        "`carto-at check` says which; a paused one: `aws redshift resume-cluster --cluster-identifier NAME`.",
        seen="ValidationException: Redshift endpoint doesn't exist in this region.",
    ),
    Known(
        "boolean-cast", Group.LOGIN, "A boolean cannot be cast to text",
        (r"cannot cast type boolean to character varying",),
        "Redshift does not write booleans as texts.",
        "Use CASE WHEN x THEN 'true' ELSE 'false' END.",
        seen="ERROR: cannot cast type boolean to character varying",
    ),
    Known(
        "super-argument", Group.LOGIN, "A function does not take an element of an array",
        (r"function (?P<name>\S+)\(([^()]*, )?super(, [^()]*)?\) does not exist",),
        "The elements of arrays are SUPER, and {name} takes another type.",
        "Cast them: cell::BIGINT, or cell::VARCHAR for cells of H3 (docs/queries.md).",
        seen="ERROR: function NAME(super) does not exist",
    ),
    Known(
        "catalog-function", Group.LOGIN, "A catalog function of PostgreSQL is missing",
        (r"(?P<name>pg_get_function_\w+)",),
        "Redshift's catalog differs from PostgreSQL's: it has no {name}.",
        "Use SHOW FUNCTIONS FROM SCHEMA, or `carto-at describe` and `carto-at status`.",
        seen="ERROR: function pg_get_function_arguments(oid) does not exist",
    ),
    # --- role ---
    Known(
        "role-not-attached", Group.ROLE, "The invoke role is not attached",
        (r"role (?P<role>\S+) is not associated to (?P<kind>\w+) (?P<name>\S+)",),
        "The role was never attached to {name}, or another tool replaced its list of roles: `aws redshift-serverless "
        "update-namespace --iam-roles` drops all roles that it does not name.",
        "`carto-at repair` attaches it again; a role of your own: `carto-at check` prints the command.",
        {"name": "the cluster"},
        seen="The requested role arn:aws:iam::123456789012:role/NAME is not associated to cluster NAME",
    ),
    Known(
        "role-in-progress", Group.ROLE, "The invoke role is not in sync yet",
        (r"is not yet in sync",),
        "Redshift needs up to some minutes to know a role that was just attached.",
        "Wait a little and repeat the query or command.",
        seen="The requested role arn:aws:iam::123456789012:role/NAME is not yet in sync with cluster NAME",
    ),
    Known(
        "role-not-trusting", Group.ROLE, "The invoke role does not trust Redshift",
        (r"Not authorized to get credentials of role (?P<role>\S+)", r"not authorized to assume IAM Role"),
        "Its trust policy must name redshift.amazonaws.com and, for Serverless, redshift-serverless.amazonaws.com. A "
        "role made a moment ago may not be known everywhere yet.",
        "`carto-at check` prints the command that corrects the trust policy; a role that carto-at made: `carto-at "
        "repair`.",
        seen="Not authorized to get credentials of role arn:aws:iam::123456789012:role/NAME",
    ),
    Known(
        "no-default-role", Group.ROLE, "No default IAM role is set",
        (r"no default IAM role",),
        "IAM_ROLE default means the default role of the cluster or namespace, and there is none.",
        "Set one in the Redshift console, or have a role created: --invoke-role-arn create.",
        seen="IAM_ROLE default: no default IAM role is set for cluster NAME",
    ),
    Known(
        "no-path", Group.ROLE, "Lambda or STS cannot be reached from the VPC",
        (
            r"(could not|cannot|failed to|unable to) (connect|reach)[^\n]*\b(sts|lambda)\b",
            r"(sts|lambda)\.[\w-]+\.amazonaws\.com[^\n]*tim(ed|e) ?out",
        ),
        "With enhanced VPC routing, Redshift's calls go through your VPC, which has no way to Lambda or STS.",
        "Create interface endpoints for com.amazonaws.REGION.lambda and com.amazonaws.REGION.sts (private DNS on, port "
        "443 open to the cluster), or a NAT gateway; `carto-at check` tells whether the routing is on.",
        seen="Failed to connect to sts.eu-west-1.amazonaws.com port 443: Connection timed out",
    ),
    Known(
        "empty-format", Group.ROLE, "Invalid External Function Response: Empty format",
        (r"Empty format",),
        "Redshift got no usable answer. If Lambda was not invoked (`carto-at logs` shows nothing): the trust policy of "
        "the role, or no path to Lambda and STS. If it was: the function returned an object instead of a JSON text.",
        "Run `carto-at check`; in functions of your own return json.dumps(answer).",
        seen="Invalid External Function Response: Empty format",
    ),
    # --- answers ---
    Known(
        "throttled-lambda", Group.LIMITS, "Lambda is throttled",
        (r"Rate Exceeded\.|TooManyRequestsException; ShouldRetry|Reserved Function Concurrent Invocation Limit",),
        "More executions at a time were needed than the account has left, or than --reserved-concurrency gives; "
        "Redshift tried again for 20 seconds.",
        "Raise --reserved-concurrency or the account's limit (`carto-at check` shows what is left), or run fewer "
        "queries at a time.",
        seen="Rate Exceeded.; Exception: TooManyRequestsException; ShouldRetry: 1",
    ),
    Known(
        "response-too-large", Group.LIMITS, "The answer is larger than 6 MB",
        (r"Response payload size exceeded|response.{0,40}\b6 ?MB",),
        "Lambda returns at most 6 MB for one batch of rows; functions that make much of little reach that.",
        "Use a coarser resolution or fewer cells a row; in functions of your own lower max_batch_rows.",
        seen="Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    ),
    Known(
        "text-too-long", Group.LIMITS, "A text is longer than 65,535 bytes",
        (
            r"exceeds the max(imum)? size",
            r"value too long for type",
            r"result.{0,30}(exceeds|larger than).{0,30}(64 ?KB|65,?535)",
        ),
        "Geometries and arrays travel between Redshift and Lambda as texts of at most 65,535 bytes.",
        "Simplify or split the geometries (ST_Simplify, ST_Dump), or ask for fewer cells at a time; the procedures "
        "(`carto-at list`: CREATE_..., ..._TABLE) take whole tables.",
        seen="String value exceeds the max size of 65535 bytes",
    ),
    Known(
        "statement-too-long", Group.LIMITS, "A statement is longer than 100 KB",
        (r"too long: the Redshift Data API takes", r"Cannot exceed 100 ?KB"),
        "The Redshift Data API takes statements of up to 100 KB.",
        "Load the values into a table and refer to it, or split the statement.",
        seen="A statement of 120,000 bytes is too long: the Redshift Data API takes 102,400 bytes",
    ),
    Known(
        "lambda-timeout", Group.ANSWER, "The function did not end in time",
        (r"Task timed out after (?P<seconds>[\d.]+) seconds",),
        "Lambda ended the function after {seconds} seconds; one batch of rows was too much for it.",
        "Give it longer (install again with --timeout-s), more memory and so more speed (--memory-mb), or fewer rows.",
        seen="Sandbox.Timedout: Task timed out after 3.00 seconds",
    ),
    Known(
        "lambda-died", Group.ANSWER, "The function's process ended",
        (r"Runtime exited|Runtime\.ExitError|out of memory",),
        "Most often its memory did not suffice for one batch of rows.",
        f"Install again with a higher --memory-mb. {_LOGS}",
        seen="Runtime.ExitError: Runtime exited with error: signal: killed",
    ),
    Known(
        "lambda-missing", Group.ANSWER, "The Lambda function is gone",
        (r"Function not found: (?P<name>\S+)",),
        "Somebody deleted {name}, or it is in another region or account than the role.",
        "`carto-at status --drift` shows what is missing, `carto-at repair` makes it again.",
        {"name": "the function"},
        seen="Function not found: arn:aws:lambda:eu-west-1:123456789012:function:NAME",
    ),
    Known(
        "lambda-failed", Group.ANSWER, "The function failed",
        (r"Lambda function (?P<name>\S+) failed",),
        "{name} raised an error instead of answering: a fault of the function.",
        _LOGS,
        seen="Lambda function NAME failed: ValueError: MESSAGE",
    ),
    Known(
        "not-finite", Group.ANSWER, "NaN and infinity cannot travel",
        (r"cannot be sent to Lambda: JSON has no such number",),
        "Arguments travel as JSON, which has neither.",
        "Leave such rows out, or turn them into NULL.",
        seen="the value NaN cannot be sent to Lambda: JSON has no such number",
    ),
    Known(
        "wrong-type", Group.ANSWER, "The answer has another type than promised",
        (r"a result is not of the type (?P<type>\w+)",),
        "The function returned something that is no {type}, or a number that JSON cut: whole numbers beyond 2^53 must "
        "be sent as texts.",
        f"For functions of your own: return str(n) for BIGINT. {_LOGS}",
        {"type": "value of the declared type"},
        seen="Invalid External Function Response: a result is not of the type bigint",
    ),
    Known(
        "wrong-count", Group.ANSWER, "The answer has another number of rows",
        (r"Invalid External Function Response: expected \d+ records",),
        "A function must return one result for each row of a batch, in the same order.",
        f"A fault of the function. {_LOGS}",
        seen="Invalid External Function Response: expected 100 records, got 99 (num_records: 99)",
    ),
    Known(
        "row-refused", Group.ANSWER, "One row stopped the whole query",
        (r"code:\s+32004",),
        "A function cannot refuse a single row: one bad argument ends the query with the function's own message.",
        "Find the row and correct it or leave it out (WHERE ST_IsValid(geom), ranges of longitude and resolution).",
        seen="error:  MESSAGE OF THE FUNCTION  code:      32004  location:  exfunc_data.cpp:276",
    ),
    # --- deploying ---
    Known(
        "role-not-ready", Group.DEPLOYING, "Lambda cannot assume the execution role",
        (r"role defined for the function cannot be assumed by Lambda", r"Lambda still cannot assume"),
        "IAM needs up to some minutes to spread a new role; carto-at waits five. A role of your own must trust "
        "lambda.amazonaws.com.",
        "Repeat the command; for --execution-role-arn check the trust policy of the role.",
        seen="InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.",
    ),
    Known(
        "code-signing", Group.DEPLOYING, "The account accepts signed code only",
        (r"CodeVerificationFailed|InvalidCodeSignature|code signing",),
        "A code signing configuration is enforced, and the zips of this package are not signed for your account.",
        "Have an exception made for functions of this prefix, or sign and deploy the zips yourselves.",
        seen="CodeVerificationFailedException: The code signature failed one or more of the validation checks",
    ),
    Known(
        "reserved-too-much", Group.DEPLOYING, "So many executions cannot be reserved",
        (r"UnreservedConcurrentExecution below its minimum",),
        "At least 100 (in new accounts 10) executions must stay unreserved in the account.",
        "Choose a lower --reserved-concurrency, or have the account's limit raised.",
        seen=(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100]."
        ),
    ),
    Known(
        "code-storage", Group.DEPLOYING, "The account's code storage is full",
        (r"CodeStorageExceeded|Code storage limit exceeded",),
        "All functions and layer versions of a region share it.",
        "Delete what is not used; `carto-at prune` deletes old versions of ours.",
        seen="CodeStorageExceededException: Code storage limit exceeded.",
    ),
    Known(
        "name-too-long", Group.DEPLOYING, "The name of the Lambda function is too long",
        (r"(LAMBDA|function ?name).{0,60}(too long|longer than|at most|exceed|length|1 to).{0,40}\b64\b",),
        "Redshift takes names of up to 64 characters after LAMBDA; a whole ARN leaves 12 to 17 of them for the name.",
        "Give the bare name, as carto-at does, and choose a shorter --prefix.",
        seen="ERROR: the Lambda function name must have 1 to 64 characters: NAME",
    ),
    Known(
        "python-udf", Group.DEPLOYING, "Python functions are no longer supported",
        (r"plpythonu",),
        "Redshift ended its own Python functions on 30 June 2026; those of an older toolbox no longer run.",
        "Replace them by functions in Lambda: `carto-at adopt` does it for those of CARTO's toolbox.",
        seen="ERROR: Create function is not supported for language plpythonu anymore",
    ),
    Known(
        "batch-too-long", Group.DEPLOYING, "More than 40 statements in one batch",
        (r"Sqls.{0,80}(40|length)", r"at most 40 statements"),
        "The Data API takes 40 statements in one transaction, and one that fails takes all of them back.",
        "carto-at installs in transactions of a module each; in scripts of your own, split the batch.",
        seen=(
            "ValidationException: 1 validation error detected: Value at 'sqls' failed to satisfy constraint: "
            "Member must have length less than or equal to 40"
        ),
    ),
    Known(
        "dependent-views", Group.DEPLOYING, "Views depend on a function",
        (r"because other objects depend on it",),
        "Redshift does not drop a function that a view uses, and carto-at never drops with CASCADE.",
        "Save the views' definitions (SELECT definition FROM pg_views), drop them, repeat the command, create them "
        "again.",
        seen="ERROR: cannot drop function NAME(bigint) because other objects depend on it",
    ),
    Known(
        "roles-full", Group.DEPLOYING, "The cluster has as many roles as it may",
        (r"at most \d+ IAM roles|role quota|maximum number of IAM roles",),
        "A cluster or namespace has at most 50 roles.",
        "Detach one that is not used, or give one that is attached: --invoke-role-arn ARN.",
        seen="A cluster can have at most 50 IAM roles",
    ),
    Known(
        "throttled-api", Group.DEPLOYING, "AWS throttles the calls",
        (r"\bThrottling(Exception)?\b|\bTooManyRequestsException\b|\bRequestLimitExceeded\b",),
        "Other tools in the account use up the same limits; carto-at repeated the call for minutes.",
        "Wait a minute and repeat the command: it continues where it stopped.",
        seen="TooManyRequestsException: Rate exceeded",
    ),
    Known(
        "conflict", Group.DEPLOYING, "Somebody changes the same objects",
        (r"\b1023\b|serializable isolation violation|conflict with concurrent",),
        "Another transaction changed the same tables or functions at the same time.",
        "Repeat the command when the other one is done.",
        seen="ERROR: could not complete because of conflict with concurrent transaction",
    ),
    # --- shown by no text ---
    Known(
        "silent-null", Group.ANSWER, "NULL instead of a result, without an error", (),
        "A function that works by itself answers NULL in a query: the answer has no results, or the types differ.",
        "`carto-at test` asks every function's example and names those that answer NULL. " + _LOGS,
    ),
    Known(
        "precision", Group.DESIGN, "Numbers lose digits", (),
        "JSON readers cut whole numbers beyond 2^53 and the last digits of floats. Our functions send both as texts.",
        "Do the same in functions of your own: docs/authoring.md.",
    ),
    Known(
        "not-introspectable", Group.DESIGN, "Redshift does not show a function's Lambda, role or batches", (),
        "No catalog has them, so other tools cannot see drift. carto-at keeps them in its release tables.",
        "`carto-at status --drift` compares, `carto-at diff` shows the definitions.",
    ),
    Known(
        "dbt", Group.DESIGN, "dbt does not know the functions", (),
        "Its static analysis knows no external functions.",
        "Turn static analysis off for models that call them (static_analysis: off).",
    ),
    Known(
        "no-scaling", Group.DESIGN, "No concurrency scaling, datashares or federated permissions", (),
        "Queries with Lambda functions run on the main cluster, and only SQL functions can be shared.",
        "`carto-at list` shows which functions are plain SQL: they have none of these limits.",
    ),
)  # fmt: skip
