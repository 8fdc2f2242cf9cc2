{% import "quadbin/macros.sql" as cells %}
{# A quadint is y, x (as many bits as the zoom says) and the zoom (5 bits). #}
{% set z = "CAST(" ~ quadint ~ " & 31 AS INTEGER)" %}
{% set x = "((" ~ quadint ~ " >> 5) & ((CAST(1 AS BIGINT) << " ~ z ~ ") - 1))" %}
{% set y = "(" ~ quadint ~ " >> (5 + " ~ z ~ "))" %}
{% set outside = "(" ~ y ~ " >> " ~ z ~ ") <> 0" %}
SELECT CASE
  WHEN {{ cells.resolution_fault(z) }} THEN {{ cells.resolution_error(z) }}
  WHEN {{ outside }} THEN {{ cells.error_if(outside, "Invalid quadint: y should be between 0 and 2^z - 1") }}
  ELSE {{ cells.cell_of_tile(z, x, y) }}
END
