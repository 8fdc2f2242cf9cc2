{% import "quadbin/macros.sql" as cells %}
{# The digits of a quadkey are the interleaved bits in base 4. NULL is read as the empty key, the whole world. #}
{% set key = "COALESCE(" ~ quadkey ~ ", '')" %}
{% set faulty = "LEN(" ~ key ~ ") > 26 OR LEN(LTRIM(" ~ key ~ ", '0123')) > 0" %}
SELECT CASE
  WHEN {{ faulty }} THEN {{ cells.error_if(faulty, "Invalid quadkey: should be up to 26 digits from 0 to 3") }}
  ELSE {{ cells.CELL }} | (CAST(LEN({{ key }}) AS BIGINT) << 52)
    | (STRTOL('0' || {{ key }}, 4) << CAST(52 - 2 * LEN({{ key }}) AS INTEGER))
    | ({{ cells.LOW_52 }} >> CAST(2 * LEN({{ key }}) AS INTEGER))
END
