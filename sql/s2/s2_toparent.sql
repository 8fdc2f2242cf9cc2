{% import "s2/macros.sql" as cells %}
{# At a coarser resolution the end bit moves up, so the cell's own end bit must not be above the new one: then it survives
   a mask of the even bits up to there. #}
{% set bit = cells.end_bit_of(resolution) %}
{% set fault = resolution ~ " > " ~ cells.resolution(id) %}
{% set message = "'Parent resolution (' || CAST(" ~ resolution
  ~ " AS VARCHAR(11)) || ') must be equal or smaller than cell resolution (' || CAST(" ~ cells.resolution(id)
  ~ " AS VARCHAR(2)) || ')'" %}
SELECT CASE
  WHEN {{ resolution }} BETWEEN 0 AND 30 AND {{ id }} NOT BETWEEN {{ cells.FACES_6_AND_7 }}
    AND ({{ cells.end_bit(id) }} & {{ cells.EVEN_BITS }} & (2 * {{ bit }} - 1)) <> 0
  THEN ({{ id }} & -{{ bit }}) | {{ bit }}
  ELSE {{ cells.argument_error(id, resolution, fault, message) }}
END
