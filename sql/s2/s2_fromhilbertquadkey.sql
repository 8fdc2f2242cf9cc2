{% import "s2/macros.sql" as cells %}
{% set known = hquadkey ~ " ~ '^[0-5]/[0-3]{0,30}$'" %}
SELECT CASE
  WHEN {{ known }} THEN (CAST(SUBSTRING({{ hquadkey }}, 1, 1) AS BIGINT) << 61)
    | (STRTOL('0' || SUBSTRING({{ hquadkey }}, 3), 4) << (65 - 2 * LEN({{ hquadkey }})))
    | (CAST(1 AS BIGINT) << (64 - 2 * LEN({{ hquadkey }})))
  ELSE {{ cells.error_if("NOT COALESCE(" ~ known ~ ", FALSE)", "CASE WHEN " ~ hquadkey ~ " IS NULL THEN '"
    ~ cells.NULL_MESSAGE ~ "' ELSE 'Invalid quadkey: should be a face from 0 to 5, / and up to 30 digits from 0 to 3' END") }}
END
