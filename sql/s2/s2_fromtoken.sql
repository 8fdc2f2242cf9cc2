{% import "s2/macros.sql" as cells %}
{# In two halves, since STRTOL has no more than 63 bits for a number without sign. #}
{% set known = token ~ " ~ '^[0-9a-fA-F]{1,16}$'" %}
{% set full = "RPAD(" ~ token ~ ", 16, '0')" %}
{% set fault = "NOT COALESCE(" ~ known ~ " OR " ~ token ~ " = 'X', FALSE)" %}
SELECT CASE
  WHEN {{ known }} THEN (STRTOL(SUBSTRING({{ full }}, 1, 8), 16) << 32) | STRTOL(SUBSTRING({{ full }}, 9, 8), 16)
  WHEN {{ token }} = 'X' THEN 0
  ELSE {{ cells.error_if(fault, "CASE WHEN " ~ token ~ " IS NULL THEN '" ~ cells.NULL_MESSAGE
    ~ "' ELSE 'Invalid S2 token: should be 1 to 16 hexadecimal digits' END") }}
END
