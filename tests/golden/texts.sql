SELECT 'a' || 'b', NULL || 'x', CONCAT('a', 'b'), CONCAT('a', NULL)
=> ab | NULL | ab | NULL

SELECT LEN('día'), OCTET_LENGTH('día'), LENGTH('cat   '), CHAR_LENGTH('x')
=> 3 | 4 | 6 | 1

SELECT SUBSTRING('caterpillar', 6, 4), SUBSTRING('caterpillar', 0, 4), SUBSTRING('caterpillar' FROM 6), SUBSTR('abc', 2)
=> pill | cat | pillar | bc

SELECT SUBSTRING('caterpillar', -2, 6)
=> cat

SELECT LEFT('Chicago', 3), RIGHT('Chicago', 3), REVERSE('cat'), REPEAT('*', 3), REPLICATE('ab', 2)
=> Chi | ago | tac | *** | abab

SELECT STRPOS('dogfish', 'fish'), CHARINDEX('fish', 'dogfish'), POSITION('dog' IN 'dogfish'), STRPOS('dogfish', 'cat')
=> 4 | 4 | 1 | 0

SELECT SPLIT_PART('abc$def$ghi', '$', 2), SPLIT_PART('abc$def$ghi', '$', 4), SPLIT_PART('abc', '$', 1)
=> def |  | abc

SELECT REPLACE('Shows', 'Shows', 'Theatre'), TRANSLATE('mint tea', 'inea', 'osin'), INITCAP('nibh.enim@ante.org')
=> Theatre | most tin | Nibh.Enim@Ante.Org

SELECT LPAD('dog', 7), LPAD('dog', 2), RPAD('cat', 6, 'xy'), LTRIM('  a '), RTRIM(' a  '), BTRIM(' a '), TRIM(BOTH '"' FROM '"dog"')
=>     dog | do | catxyx | a  |  a | a | dog

SELECT LOWER('LowerCase'), UPPER('UpperCase'), ASCII('amazon'), CHR(65), MD5('Amazon Redshift')
=> lowercase | UPPERCASE | 97 | A | f7415e33f972c03abd4f3fed36748f7a

SELECT REGEXP_COUNT('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}'), REGEXP_SUBSTR('the fox', 'f[aeiou]x'), REGEXP_REPLACE('DonecFri@semperpretiumneque.com', '@.*\\.(org|gov|com|edu|ca)', ''), REGEXP_INSTR('the fox', 'fox')
=> 8 | fox | DonecFri | 5

SELECT QUOTE_IDENT('ab AND bc'), QUOTE_LITERAL('it''s'), QUOTE_IDENT('plain')
=> "ab AND bc" | 'it''s' | plain

-- Backslashes escape in literals; LIKE and its kin.
SELECT 'a\'b', 'tab\tx', 'abc' LIKE 'a%', 'a_c' LIKE 'a\\_c', 'ABC' ILIKE 'abc', 'abc' SIMILAR TO '(a|x)bc', 'abc' ~ '^a', 'abc' !~ '^a'
=> a'b | tab	x | true | true | true | true | true | false

-- CHAR is padded, casts cut.
SELECT CAST('abcdef' AS VARCHAR(3)), CAST('ab' AS CHAR(4)) || '.', 'abcdef'::CHAR(2)
=> abc | ab  . | ab

CREATE TEMP TABLE small (v VARCHAR(3), c CHAR(2), d VARCHAR)
ok

INSERT INTO small VALUES ('abcd', 'ab', 'x')
!> value too long for type character varying(3)

-- Lengths are in bytes, and VARCHAR alone is VARCHAR(256).
INSERT INTO small VALUES ('éé', 'ab', 'x')
!> value too long for type character varying(3)

INSERT INTO small VALUES ('abc', 'ab', REPEAT('x', 257))
!> value too long for type character varying(256)

INSERT INTO small VALUES ('abc', 'ab', REPEAT('x', 256))
ok

CREATE TEMP TABLE wide (v VARCHAR(65536))
!> length for type character varying

CREATE TEMP TABLE wide (v VARCHAR(MAX))
ok

-- Numbers as text.
SELECT 1::VARCHAR, 1.50::VARCHAR, CAST(0.1::FLOAT8 AS VARCHAR), CAST(100::FLOAT8 AS VARCHAR), CAST(DATE '2024-02-03' AS VARCHAR)
=> 1 | 1.50 | 0.1 | 100 | 2024-02-03

SELECT LISTAGG(x, ', ') WITHIN GROUP (ORDER BY x DESC), LISTAGG(DISTINCT x) FROM (SELECT 'b' AS x UNION ALL SELECT 'a') t
=> b, a | *

SELECT $$it's$$, $tag$a $$ b$tag$
=> it's | a $$ b

SELECT LISTAGG(x) FROM (SELECT REPEAT('x', 40000) AS x UNION ALL SELECT REPEAT('y', 40000)) t
!> Result size exceeds LISTAGG limit

SELECT LISTAGG(x, ',') WITHIN GROUP (ORDER BY x) FROM (SELECT REPEAT('x', 40000) AS x UNION ALL SELECT REPEAT('y', 40000)) t
!> Result size exceeds LISTAGG limit

SELECT k, LISTAGG(x, ',') WITHIN GROUP (ORDER BY x) OVER (PARTITION BY k) FROM (SELECT 1 AS k, 'a' AS x UNION ALL SELECT 1, 'b') t
=> 1 | a,b
=> 1 | a,b
