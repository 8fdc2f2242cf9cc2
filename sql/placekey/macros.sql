{# Expressions that the placekey functions share. The where part of a placekey is the cell's base cell and first twelve
   digits (43 bits, H3's base cells counted from 1) as a number in base 28, in an alphabet without vowels, from which words
   that somebody could read are taken out by replacing their ends. Source: the encoding of github.com/Placekey/placekey-py. #}
{% set ALPHABET = "23456789bcdfghjkmnpqrstvwxyz" %}
{% set WORDS = (("prn", "pre"), ("f4nny", "f4nne"), ("tw4t", "tw4e"), ("ngr", "ngu"), ("dck", "dce"), ("vjn", "vju"),
  ("fck", "fce"), ("pns", "pne"), ("sht", "she"), ("kkk", "kke"), ("fgt", "fgu"), ("dyk", "dye"), ("bch", "bce")) %}
{% set ONE_BASE_CELL = 2 ** 45 %}

{# The text with words replaced, in the order of the list, or back, in the opposite order. Write it once. #}
{% macro clean(text) -%}
{% for word, replacement in WORDS %}REPLACE({% endfor %}{{ text }}
{%- for word, replacement in WORDS %}, '{{ word }}', '{{ replacement }}'){% endfor %}
{%- endmacro %}
{% macro dirty(text) -%}
{% for word, replacement in WORDS %}REPLACE({% endfor %}{{ text }}
{%- for word, replacement in WORDS | reverse %}, '{{ replacement }}', '{{ word }}'){% endfor %}
{%- endmacro %}

{# The nine letters of the where part, without padding and with the words that were taken out. Writes `placekey` once:
   what stands before the @ goes together with it, and "a" is nothing but padding. #}
{% macro letters(placekey) -%}
{{ dirty("TRANSLATE(RIGHT(" ~ placekey ~ ", 11), '-a', '')") }}
{%- endmacro %}

{# Whether a text looks like a placekey, and no letters remain that stand for words only. Writes `placekey` twice. #}
{% macro well_formed(placekey) -%}
{{ placekey }} ~ '^((([{{ ALPHABET }}]{3,}(-[{{ ALPHABET }}]{3,})?)|([01][a-z2-7]{9}))?@)?[{{ ALPHABET }}eua]{3}-[{{ ALPHABET }}eu]{3}-[{{ ALPHABET }}eu]{3}$'
 AND LEN(TRANSLATE({{ letters(placekey) }}, '{{ ALPHABET }}', '')) = 0
{%- endmacro %}
