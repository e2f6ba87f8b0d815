extension Corpus {
    static let formats: [String] = [
        "{{ strftime_now('%Y-%m-%d') }} {{ strftime_now('%d %b %Y') }} {{ strftime_now('%A %B %H:%M:%S %p %I %j %y %a %e %F %T %D %R %%') }}",
        "{{ strftime_now('%-d %-m %U %W %u %w %C %h %n%t|') }} {{ strftime_now('') }} {{ strftime_now('plain') }} {{ strftime_now('%c|%x|%X') }}",
        "{{ strftime_now(5) }}",
        "{{ strftime_now() }}",
        "{{ raise_exception('no') }}",
        "{% if messages[0].role != 'user' %}{{ raise_exception('first must be user: ' ~ messages[0].role) }}{% endif %}",
        "{{ raise_exception is defined }} {{ strftime_now is defined }} {{ lipsum is defined }}",
    ]
}
