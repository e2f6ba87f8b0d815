/// A template of the corpus and the text that jinja2 3.1.6 made of it.
struct Golden: Sendable {
    let template: String
    let output: String

    static let cases: [Golden] = [
        Golden(template: "a\n{% if true %}\nb\n{% endif %}\nc\n", output: "a\nb\nc"),
        Golden(template: "  {% if true %}  x  {% endif %}  y", output: "  x    y"),
        Golden(template: "  {%+ if true %}x{% endif %}", output: "  x"),
        Golden(template: "{% if true +%}\nx{% endif %}", output: "\nx"),
        Golden(template: "a  {%- if true -%}  x  {%- endif -%}  b", output: "axb"),
        Golden(template: "a \n {{- 1 -}} \n b", output: "a1b"),
        Golden(template: "a \n {{ 1 }}\nb", output: "a \n 1\nb"),
        Golden(template: "{{-1}}", output: "1"),
        Golden(template: "{# c #}x", output: "x"),
        Golden(template: "{% if flag %}a{% elif number %}b{% else %}c{% endif %}", output: "a"),
        Golden(template: "{% if not flag %}a{% endif %}z", output: "z"),
        Golden(template: "{% if missing %}a{% else %}b{% endif %}", output: "b"),
        Golden(template: "{% set a, b = 1, 2 %}{{ a }}{{ b }}", output: "12"),
        Golden(template: "{% set (a, b) = [3, 4] %}{{ a + b }}", output: "7"),
        Golden(template: "{% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}", output: "123"),
        Golden(template: "{% set x = 1, 2 %}{{ x }}", output: "(1, 2)"),
        Golden(template: "{% set x %}cap {{ number }}{% endset %}{{ x }}|{{ x is string }}", output: "cap 42|True"),
        Golden(template: "{% set x | upper | trim %} cap {% endset %}[{{ x }}]", output: "[CAP]"),
        Golden(template: "{% for i in items %}{{ i }}{% endfor %}", output: "312"),
        Golden(template: "{% for i in [] %}x{% else %}none{% endfor %}", output: "none"),
        Golden(template: "{% for i in missing %}x{% else %}none{% endfor %}", output: "none"),
        Golden(template: "{% for i in items %}{{ loop.cycle('a', 'b') }}{% endfor %}", output: "aba"),
        Golden(template: "{% for i in items if i > 5 %}{{ i }}{% else %}none{% endfor %}", output: "none"),
        Golden(template: "{% for k in user %}{{ k }};{% endfor %}", output: "name;age;tags;items;"),
        Golden(template: "{% for c in 'añ🙂' %}[{{ c }}]{% endfor %}", output: "[a][ñ][🙂]"),
        Golden(template: "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", output: "123"),
        Golden(template: "{% for i in items %}{% break %}{% else %}e{% endfor %}x", output: "ex"),
        Golden(template: "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", output: "11"),
        Golden(template: "{% macro m(a, a2) %}{{ a2 is defined }}{% endmacro %}{{ m(1) }}", output: "False"),
        Golden(template: "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", output: "False"),
        Golden(template: "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", output: "2"),
        Golden(
            template: "{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", output: "AB"),
        Golden(template: "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*[7]) }}{{ m(**{'a': 8}) }}", output: "78"),
        Golden(template: "{% macro m(a) -%}  {{ a }}  {%- endmacro %}[{{ m('q') }}]", output: "[q]"),
        Golden(template: "{% macro m(a) %}{{ a|upper }}{% endmacro %}{{ [m('x'), m('y')]|join(',') }}", output: "X,Y"),
        Golden(template: "{% macro m() %}x{% endmacro %}{{ m }}", output: "<Macro 'm'>"),
        Golden(template: "{{ 1 + 2 * 3 - 4 / 2 }}", output: "5.0"),
        Golden(template: "{{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1] }}", output: "a1NoneTrue1.0[1]"),
        Golden(template: "{{ 'a' 'b' \"c\" }}", output: "abc"),
        Golden(template: "{{ 'unknown \\d \\q' }}", output: "unknown \\d \\q"),
        Golden(template: "b\" }}", output: "b\" }}"),
        Golden(template: "{{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1,) < (1, 0) }}", output: "True True True"),
        Golden(template: "{{ 'x' in missing }}", output: "False"),
        Golden(template: "{{ missing in [1] }}", output: "False"),
        Golden(template: "{{ true and not false or false }}", output: "True"),
        Golden(template: "{{ {'a': 1}.items()|length }} {{ {'a': 1}.items()|list|first }}", output: "1 ('a', 1)"),
        Golden(template: "{{ items.append is defined }}", output: "False"),
        Golden(template: "{{ text.__class__ }}", output: ""),
        Golden(template: "{{ ''['__class__'] }}", output: ""),
        Golden(template: "{{ user._private is defined }}", output: "False"),
        Golden(template: "{{ (1, 2, 3)[1:] }} {{ range(10)[2:8:2]|list }}", output: "(2, 3) [2, 4, 6]"),
        Golden(
            template: "{{ nothing.x is defined }} {{ nothing.x }} {{ number.x is defined }}", output: "False  False"),
        Golden(template: "{{ user.name.upper().lower() }} {{ user['tags'][0] }} {{ user.tags.0 }}", output: "ada x x"),
        Golden(template: "{{ 1.0.is_integer() }} {{ number.real }} {{ (5).bit_length() }}", output: "True 42 3"),
        Golden(template: "{{ -5|abs }} {{ -2.5|abs }} {{ true|abs }}", output: "5 2.5 1"),
        Golden(template: "{{ missing|last }}", output: ""),
        Golden(template: "{{ users|map('attr', 'name')|list }}", output: "[Undefined, Undefined, Undefined]"),
        Golden(template: "{{ [1e400, -1e400]|tojson }}", output: "[Infinity, -Infinity]"),
        Golden(template: "{{ 'a'|upper|lower|title|length }}", output: "1"),
        Golden(template: "{{ '{0.__class__}'.format(user) }}", output: ""),
        Golden(template: "{{ '{} {}'.format(none, [1]) }} {{ '{a}'.format_map({'a': 5}) }}", output: "None [1] 5"),
        Golden(template: "{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b', 'c') }} {{ {}.get('b') }}", output: "1 c None"),
        Golden(template: "{{ ('a' * 3).upper() }} {{ ('%s' % 5).zfill(3) }}", output: "AAA 005"),
    ]
}

extension GoldenTests {
    static let chatMLOutput =
        "<|im_start|>systemBe brief.\n"
        + "# Tools\n"
        + "<tools>{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"strict\": true, \"scale\": 1.0}}\n"
        + "</tools><|im_end|>\n"
        + "<|im_start|>user\n"
        + "Zürich?<|im_end|>\n"
        + "<|im_start|>assistant\n"
        + "<tool_call>\n"
        + "{\"name\": \"weather\", \"arguments\": {\"city\": \"Zürich\"}}\n"
        + "</tool_call><|im_end|>\n"
        + "<|im_start|>user\n"
        + "<tool_response>\n"
        + "21\n"
        + "</tool_response><|im_end|>\n"
        + "<|im_start|>assistant\n"
}
