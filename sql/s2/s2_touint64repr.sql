{% import "s2/macros.sql" as cells %}
SELECT CASE
  WHEN {{ id }} >= 0 THEN CAST({{ id }} AS VARCHAR(MAX))
  WHEN {{ id }} < 0 THEN CAST({{ id }} + CAST('18446744073709551616' AS DECIMAL(20, 0)) AS VARCHAR(MAX))
  ELSE CAST({{ cells.error_if(id ~ " IS NULL", "'" ~ cells.NULL_MESSAGE ~ "'") }} AS VARCHAR(MAX))
END
