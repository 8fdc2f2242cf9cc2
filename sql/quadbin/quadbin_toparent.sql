{% import "quadbin/macros.sql" as cells %}
{% set outside = resolution ~ " < 0 OR " ~ resolution ~ " > " ~ cells.resolution(quadbin) %}
SELECT CASE
  WHEN {{ outside }} THEN {{ cells.error_if(outside, "Invalid resolution: should be between 0 and the resolution of the cell") }}
  ELSE ({{ quadbin }} & {{ 0x7FFFFFFFFFFFFFFF - 31 * 2 ** 52 }}) | (CAST({{ resolution }} AS BIGINT) << 52)
    | ({{ cells.LOW_52 }} >> (2 * {{ resolution }}))
END
