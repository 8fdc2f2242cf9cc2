{% import "placekey/macros.sql" as placekeys %}
{# An H3 cell is 8 (header: cell), the resolution (4 bits), the base cell (7 bits, 0 to 121) and fifteen digits of 3 bits, 7
   where the resolution has no digit. Specification: h3geo.org/docs/core-library/h3Indexing

   A digit is 7 where a bit and the two above it are set: this must be so for the last digits, and no others. On pentagons
   the first digit that is not 0 is not 1: of the digits' lowest bits and their other bits, it decides which are more. #}
{% set h3 = "STRTOL(" ~ h3_index ~ ", 16)" %}
{% set LOWEST = (2 ** 45 - 1) // 7 %}
{% set sevens = "(" ~ h3 ~ " & (" ~ h3 ~ " >> 1) & (" ~ h3 ~ " >> 2) & " ~ LOWEST ~ ")" %}
{% set unused = "(((CAST(1 AS BIGINT) << CAST(45 - 3 * ((" ~ h3 ~ " >> 52) & 15) AS INTEGER)) - 1) / 7)" %}
{% set base_cell = "((" ~ h3 ~ " >> 45) & 127)" %}
{% set number = "(((" ~ h3 ~ " + " ~ placekeys.ONE_BASE_CELL ~ ") & " ~ (2 ** 52 - 1) ~ ") >> 9)" %}
{% set code = namespace(sql="") %}
{% for place in range(8, -1, -1) %}
{% set digit = "CAST((" ~ number ~ " / " ~ 28 ** place ~ ") % 28 AS INTEGER)" if place else "CAST(" ~ number ~ " % 28 AS INTEGER)" %}
{% set code.sql = code.sql ~ (" || " if code.sql else "") ~ "SUBSTRING('" ~ placekeys.ALPHABET ~ "', " ~ digit ~ " + 1, 1)" %}
{% endfor %}
SELECT CASE
  WHEN NOT {{ h3_index }} ~ '^0?8[0-9a-fA-F]{14}$' THEN NULL
  WHEN {{ sevens }} = {{ unused }} AND {{ base_cell }} < 122 AND ({{ base_cell }} NOT IN (4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117)
    OR ({{ h3 }} & {{ LOWEST }}) <= ({{ h3 }} & {{ LOWEST * 6 }}))
  THEN '@' || TRANSLATE('ABC-DEF-GHI', 'ABCDEFGHI', {{ placekeys.clean("LPAD(LTRIM(" ~ code.sql ~ ", '2'), 9, 'a')") }})
END
