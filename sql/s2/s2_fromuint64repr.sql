{% import "s2/macros.sql" as cells %}
{# Digits up to 2^64 - 1; the upper half of the numbers becomes negative. #}
{% set known = uid ~ " ~ '^[0-9]{1,20}$' AND LPAD(" ~ uid ~ ", 20, '0') <= '18446744073709551615'" %}
{% set number = "CAST(CASE WHEN " ~ known ~ " THEN " ~ uid ~ " ELSE '0' END AS DECIMAL(20, 0))" %}
{% set wrapped = "CAST('18446744073709551616' AS DECIMAL(20, 0))" %}
SELECT CASE
  WHEN {{ known }} AND LPAD({{ uid }}, 20, '0') > '09223372036854775807'
    THEN CAST({{ number }} - {{ wrapped }} AS BIGINT)
  WHEN {{ known }} THEN CAST({{ number }} AS BIGINT)
  ELSE {{ cells.error_if("NOT COALESCE(" ~ known ~ ", FALSE)", "CASE WHEN " ~ uid ~ " IS NULL THEN '"
    ~ cells.NULL_MESSAGE ~ "' ELSE 'Invalid id: should be a number from 0 to 18446744073709551615' END") }}
END
