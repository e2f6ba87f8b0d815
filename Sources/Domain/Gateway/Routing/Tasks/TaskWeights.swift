/// What the classifier of tasks learnt. Written by `scripts/task-classifier/train.py`; do not edit.
enum TaskWeights {
    /// Of code, math, creative, general.
    static let bias: [Float] = [0.0169, -1.5506, -0.3583, 1.8920]
    /// A weight of 1 in the table below.
    static let unit: Float = 0.079841
    /// A word, or two with `~` between them, and its weights; separated by `|`.
    static let table = """
        <#> 20 -11 -2 -8 | <$> 9 -5 0 -4 | <%> 2 9 -2 -9 | <(> 32 -1 -11 -20 | <(>~<n> 3 6 -3 -7
        <(>~x -5 11 -1 -5 | <)> 31 -3 -11 -17 | <)>~<;> 6 -1 -1 -4 | <)>~<^> -6 9 -1 -2 | <)>~<{> 6 -2 -1 -3
        <)>~in 10 -7 0 -2 | <)>~return 12 -5 -3 -4 | <*> -10 16 -1 -5 | <*>~<n> -11 15 -1 -4 | <+> 9 19 -14 -15
        <+>~<+> 12 -2 -7 -3 | <+>~<n> -11 17 -2 -4 | </> 21 16 -10 -27 | </>~<(> -11 13 -1 -1 | </>~<n> -4 9 -2 -3
        </>~h -5 11 -1 -5 | <;> 7 -5 -1 -1 | <;>~<}> 6 -2 -1 -3 | <=> 11 9 -4 -16 | <=>~<n> -3 12 -3 -7
        <[> 16 -6 -2 -8 | <]> 16 -6 -2 -8 | <^> -23 41 -4 -15 | <^>~<n> -15 26 -3 -9 | <^>~n -5 9 -1 -3
        <n> -12 112 -42 -57 | <n>~<%> -3 13 -2 -9 | <n>~<*> -12 17 -1 -4 | <n>~<+> -7 10 -1 -2
        <n>~</> -12 20 -3 -5 | <n>~<]> 10 -4 -1 -5 | <n>~<^> -6 14 -1 -8 | <n>~<n> -2 27 -5 -20
        <n>~and -8 10 -5 3 | <n>~dollars -5 16 -2 -9 | <n>~hours -6 10 -1 -4 | <n>~km -9 19 -3 -8
        <n>~to -9 24 -3 -11 | <n>~x -8 20 -5 -7 | <n>~y -5 11 -3 -3 | <n>~years -6 3 -4 7 | <{> 13 -6 -1 -6
        <}> 13 -6 -1 -6 | a -17 -5 36 -13 | a~<n> -3 8 -1 -4 | a~b 8 -2 -4 -3 | a~c 11 -2 -7 -2
        a~character -2 -1 21 -18 | a~class 9 4 -11 -2 | a~detailed -2 -2 -12 17 | a~dialogue -25 -1 30 -4
        a~fantasy -19 -5 35 -11 | a~function 13 -1 -9 -4 | a~good -4 -8 -4 16 | a~job -3 0 -2 6
        a~list -4 -3 -6 13 | a~new -6 -5 -3 14 | a~news -4 -3 14 -8 | a~one 9 -1 -3 -6 | a~product -4 -2 -4 10
        a~program 13 -1 -8 -4 | a~red -17 -3 -3 23 | a~rest 17 -1 -4 -12 | a~short -3 -1 11 -7
        a~simple 10 -1 -3 -5 | a~string 10 0 -8 -2 | a~time 10 -3 -1 -6 | a~virtual 7 -1 -1 -6 | a~year 8 -1 -5 -1
        about -41 -10 50 2 | about~a -4 -1 13 -8 | about~the -4 -3 8 -1 | add 13 -2 -4 -7 | afraid -1 -2 9 -6
        afraid~of -1 -2 9 -6 | after 12 -1 -2 -9 | air~date 9 -5 -1 -3 | all 9 0 -19 10 | all~the -8 -1 -5 14
        am -9 -3 -1 14 | an -5 -16 41 -19 | an~email -3 0 -15 18 | an~example 9 -1 -11 3 | an~interface 13 -1 -4 -7
        and 25 12 -22 -15 | and~<n> -10 12 -5 3 | and~a -2 12 17 -27 | and~describe -8 -3 37 -26
        and~tell -2 -1 11 -9 | anna -10 8 -3 4 | answer -10 -3 -4 17 | answer~the -5 -1 -1 7 | anything -4 -5 -2 10
        api 20 -7 -4 -9 | are -15 8 -1 8 | are~a -9 -3 9 4 | are~the -4 -4 -3 11 | are~there 7 19 -4 -22
        are~you 1 -3 -3 6 | arithmetic 31 1 -32 -1 | arrays 11 -2 -4 -6 | article -5 -1 -4 10 | as -11 3 22 -14
        as~a -10 -7 30 -14 | asking -8 0 -1 9 | asking~for -8 0 -1 9 | at 2 9 -9 -1 | at~<n> -6 19 -2 -11
        australia 5 -9 -1 6 | background 8 0 -1 -6 | banana -5 16 -4 -7 | base 11 10 -9 -12 | base~<n> -5 11 -3 -3
        based -7 -1 -2 10 | based~on -7 -1 -2 10 | bash 18 -2 -8 -9 | be -7 6 -4 5 | behavior -5 -1 -2 8
        below -2 -1 -11 15 | ben -10 8 -3 4 | best 6 -4 -8 6 | between -7 -20 25 2 | between~<n> 0 -7 -3 10
        between~a 2 -3 16 -15 | bias -5 -3 -1 9 | bicycle -22 -1 14 9 | bill 1 -2 -11 12 | binary 37 -7 -5 -25
        blue -17 0 -8 25 | both -8 16 -1 -7 | brainstorm -3 -1 12 -8 | breakfast -5 -4 1 8 | build 18 6 -15 -9
        build~a 3 6 -1 -8 | but 5 -1 4 -8 | by 1 11 -16 3 | by~<n> -1 7 0 -6 | c 38 -4 -11 -23 | c~<+> 11 -2 -7 -2
        call 17 -4 -2 -11 | can -22 -14 8 28 | can~i 8 -1 -2 -5 | capacity 6 -1 0 -5 | capital -2 -9 -1 12
        cars -18 1 -2 20 | case 2 -6 21 -17 | cat -6 -1 15 -9 | change -12 -3 -1 17 | character 4 -2 19 -21
        character~who -2 -1 21 -18 | chess -23 2 -15 36 | city -4 -1 12 -7 | class 22 1 -25 2 | classify -4 -1 -3 8
        clouds -7 -1 15 -6 | coach -2 -4 -3 8 | code 8 -5 0 -3 | college 8 -1 -1 -6 | come -11 -5 11 5
        come~up -11 -5 11 5 | command 19 -1 -2 -16 | company -21 0 22 -1 | compare -18 -3 -3 24
        compose -10 -2 41 -30 | compute -5 14 -2 -6 | compute~the -5 14 -2 -6 | constructor 9 -2 -1 -6
        constructor~report 9 -2 -1 -6 | convert 1 11 -7 -6 | convert~<n> -7 14 -3 -4 | cooking -12 -1 -29 43
        cost -2 9 -1 -6 | cost~<n> -2 9 -1 -6 | count 9 -4 -1 -5 | countries -10 -9 -3 23 | country 12 -7 -5 0
        create -4 -11 29 -13 | create~a 7 -10 6 -3 | css 38 -2 -11 -25 | cup -4 -3 -2 9 | cup~what -4 -3 -2 9
        d 10 -1 -9 1 | dark -1 -2 9 -6 | data 22 0 -11 -10 | database 17 -1 -8 -8 | date 40 -19 -10 -11
        dates 22 -8 -4 -10 | day -6 -2 -3 11 | days -11 21 -6 -3 | de 3 6 -12 3 | de~la 7 -3 -9 5 | debug 8 0 0 -7
        decimal -7 14 -3 -5 | def 16 -6 -3 -6 | describe -22 -9 39 -8 | describe~a -8 -1 19 -10
        describe~your -3 -2 19 -14 | description -11 -3 -6 20 | description~of -1 -2 -9 13 | detailed -2 -2 -12 17
        detect -3 -1 -3 6 | detect~if -3 -1 -3 6 | dialogue -25 -1 30 -4 | did 6 -6 -4 4 | die 11 15 -24 -3
        difference 9 -7 -6 4 | difference~between 9 -7 -6 4 | director 14 -2 -1 -11 | div 17 -1 -1 -15
        divided -2 8 0 -6 | divided~by -2 8 0 -6 | do 6 12 -21 4 | do~<n> -5 13 -1 -7 | do~i 27 -7 -14 -6
        do~in 18 -1 0 -17 | do~you -4 -1 -2 8 | dockerfile 20 -1 -14 -5 | does 4 0 -13 8 | does~a -16 7 -5 14
        does~the 10 -3 -5 -2 | dollars -5 16 -2 -9 | driver 8 -2 -1 -5 | driver~constructor 7 -1 -1 -4
        each -16 0 -5 20 | eat -7 -6 -7 19 | eggs -7 -2 -5 13 | ein -19 -7 29 -3 | eine 8 -6 26 -28
        el -15 7 14 -7 | email -18 -2 -7 27 | email~to -3 0 -15 18 | en -19 -5 42 -19 | endpoint 10 0 -3 -6
        endpoint~in 10 0 -3 -6 | enrollment 6 -2 -1 -3 | episode 12 -7 -1 -3 | equation -7 9 -1 -2
        escribe 6 -4 10 -13 | escribe~un 6 -4 10 -13 | every 35 -4 -13 -18 | example 17 -1 -12 -3
        example~in 19 -1 -5 -14 | expand -6 7 -3 2 | explain 15 -14 -29 28 | explain~the -7 -5 -8 20
        expression 16 -6 -4 -5 | extract -5 -1 -5 11 | f -7 -42 -1 49 | fail 12 -1 -1 -10 | fall -9 -1 -2 12
        fantasy -19 -5 35 -11 | file 25 -5 -7 -13 | find -8 22 -10 -4 | find~the -7 19 -10 -2 | first 14 5 -11 -7
        five -2 8 23 -29 | fix 19 -1 -2 -16 | following -9 -8 -15 31 | food -9 -1 10 -1 | for 6 -16 20 -10
        for~<n> -5 14 -2 -7 | for~a -9 -12 8 13 | for~an 6 0 5 -11 | for~my -22 0 23 -2 | for~the -7 10 -14 12
        form 6 -4 14 -16 | format 17 -3 -2 -12 | formula -2 18 -8 -8 | founded 13 -2 -1 -9
        founded~type 6 -2 -1 -3 | from 1 -9 18 -10 | from~a -11 -2 12 1 | from~the 13 -8 11 -16
        function 52 -4 -23 -24 | function~that 8 0 -8 0 | funny -11 -1 19 -7 | generate -4 -2 -7 13
        generate~the -7 0 -1 8 | git 31 -3 -1 -27 | give -7 -14 -5 26 | give~me -1 -10 9 3 | given -14 -5 -26 45
        given~a -2 -2 -4 8 | given~the -3 -3 -2 8 | go 12 0 -3 -8 | good -15 -9 -6 29 | h -5 11 -1 -5
        had -14 -4 26 -9 | has 3 1 -11 6 | he -8 0 12 -3 | her -5 -1 11 -6 | history 11 -1 -13 4 | home -16 -4 15 5
        hours -6 10 -1 -4 | how -1 21 -33 12 | how~do 9 -11 -15 18 | how~long -7 14 -1 -6 | how~many 6 20 -8 -18
        how~much -2 8 -1 -5 | html 10 -1 -3 -5 | human -7 -1 -3 11 | i 43 -22 -26 5 | i~am -9 -3 -1 14
        i~can -6 -4 -1 12 | i~write -13 0 -7 20 | idea -5 -9 -4 18 | identify -8 -5 -5 18
        identify~the -5 -2 -3 10 | if -2 5 -11 8 | if~<n> -6 15 -1 -8 | if~a -2 8 -1 -4 | if~the 2 -9 -5 12
        imagine -11 -8 44 -24 | imagine~a -9 -2 21 -10 | implement 39 -10 -7 -22 | implement~a 9 -8 -1 -1
        in 42 -10 -15 -17 | in~<n> -5 15 -1 -9 | in~a 7 -1 7 -13 | in~an 4 -1 11 -15 | in~c 26 -1 -3 -22
        in~java 13 -1 -2 -10 | in~my 8 -1 -2 -5 | in~python 21 -8 -1 -12 | in~the -33 -7 13 27
        in~three -10 17 -3 -4 | in~which -33 -2 35 0 | include 4 -14 -3 14 | install 19 -1 -1 -18
        institution 6 -2 -1 -3 | interface 13 -1 -4 -7 | into 27 -10 -12 -5 | into~a 25 -7 -6 -12
        invent -5 -4 30 -22 | invent~a -5 -4 30 -22 | is -15 21 -8 3 | is~<n> -1 14 -2 -11 | is~its -3 7 -1 -3
        is~the 8 15 -16 -7 | is~there -4 -5 -2 10 | ist -8 8 -6 6 | it 0 0 21 -20 | items 19 -1 -3 -15
        its -17 4 16 -3 | java 13 -1 -2 -10 | javascript 35 -2 -10 -23 | job -25 -4 -10 40 | joke 2 -3 12 -11
        json 18 -1 -4 -13 | km -9 19 -3 -8 | km~</> -5 11 -1 -5 | kotlin 10 0 -1 -8 | la -9 -8 3 14
        last 7 -3 5 -9 | law -3 -2 -14 20 | letter -28 -1 7 22 | letter~from -7 0 13 -6 | letters -1 18 -1 -15
        lies -8 -2 3 7 | like -7 -3 -6 16 | line 9 1 -6 -4 | lines 11 -1 -6 -4 | list 6 -7 -24 25
        list~of -4 -3 -6 13 | liters -6 10 -1 -3 | little -2 -2 20 -16 | location 8 -3 -5 0 | long -7 14 -1 -6
        long~do -7 14 -1 -6 | loop 20 -1 -2 -17 | love 2 -1 11 -11 | lowest 6 -1 0 -5 | lyrics -7 -1 18 -9
        m -2 7 -1 -3 | made 9 -1 0 -7 | main 10 -11 -3 4 | make -4 -6 -2 12 | make~a -6 -2 -9 17
        make~this 7 -4 -1 -2 | make~up -8 -3 9 2 | many -1 41 -11 -29 | many~liters -6 10 -1 -3 | map 17 -1 -15 -1
        market -7 -2 9 0 | matrix -3 8 -1 -4 | me 3 -13 -7 18 | me~a 11 -9 24 -27 | me~the -8 -1 -4 13
        meaning -8 -5 -3 16 | meaning~of -7 -5 -2 14 | memory 7 0 0 -6 | metaphor -12 -1 38 -25 | method 6 -2 -10 6
        missing 8 -7 19 -19 | module 16 -3 -2 -11 | most -2 -3 -4 9 | much -2 8 -1 -5 | my 13 -4 -11 2
        n -2 14 -2 -9 | name 2 -7 -5 10 | name~of 8 -1 -1 -6 | names -4 -6 22 -11 | names~in -5 -1 -2 7
        names~of 8 -4 -4 0 | natural -8 6 -4 6 | need -7 6 -4 5 | negative -4 -1 -3 7 | new -7 -5 -5 18
        news -4 -3 14 -7 | nickname 6 -2 -1 -3 | node 18 -1 -14 -3 | not -6 -6 17 -6 | notes 4 -1 -12 9
        novel -11 -4 31 -16 | npm 22 -2 -4 -17 | number 6 20 -9 -17 | numbers 1 16 -8 -9 | object 12 -1 -10 -1
        odd -8 9 -3 3 | of -23 34 -12 1 | of~<n> -8 31 -2 -21 | of~a -14 43 1 -30 | of~all 8 -4 -4 0
        of~the -8 20 2 -14 | of~this -4 -2 -2 8 | old -8 2 -8 13 | older 9 0 -7 -1 | older~than 9 0 -7 -1
        on 14 3 -14 -4 | on~a 17 4 -17 -4 | on~the -7 -7 -5 18 | one 14 0 -9 -4 | open 19 0 -14 -5
        or -3 -9 -14 26 | out 10 -3 -5 -2 | output -8 -14 -6 28 | output~the -7 -1 -1 9 | over 9 -2 7 -14
        over~a 5 -2 8 -11 | page 7 -1 -1 -4 | paragraph -17 -6 9 13 | parse 9 -1 -1 -7 | people -5 -5 13 -3
        per 9 1 -7 -3 | person -9 -1 -11 20 | phrase -7 -1 -3 10 | pick 30 -4 -2 -25 | places -4 7 -3 0
        plan -7 -2 -11 19 | planning -5 -1 -34 40 | play -9 4 9 -4 | play~about -6 -1 10 -3 | played 7 -3 -3 0
        player 10 -2 -2 -6 | plot -3 -1 14 -9 | poem -4 -1 10 -6 | poem~about -4 -1 10 -6 | point 1 -11 14 -5
        point~of -5 -10 16 0 | population -2 -12 -2 16 | population~of -5 -7 -1 12 | port 12 -6 -3 -2
        position 15 -3 -2 -9 | position~college 8 -1 -1 -5 | positive -4 -1 -4 9 | possible -4 -1 -4 8
        posts 14 -1 -5 -7 | price -1 8 -1 -6 | prime 6 6 -8 -3 | print 9 -7 0 -2 | probability -12 27 -1 -14
        product -9 -2 2 9 | program 23 -3 -14 -7 | program~that 13 -1 -8 -4 | project 55 -5 -25 -25
        prove -11 29 -3 -14 | prove~that -8 22 -3 -12 | proverb -8 -5 -6 19 | python 43 -10 -18 -16
        que 6 -4 10 -13 | query 17 -3 -7 -7 | question -11 -1 -3 15 | question~in -5 0 -2 8 | race 12 -2 -2 -8
        radius -6 9 0 -3 | radius~<n> -6 9 0 -3 | range 9 -4 0 -4 | recipe -3 0 -15 18 | recipe~for -3 0 -15 18
        red -21 2 13 6 | regular 21 -7 -4 -10 | regular~expression 16 -6 -4 -5 | replace -7 -1 -3 11
        report 8 -5 14 -17 | report~what 7 -2 -1 -4 | request 16 -1 -2 -12 | rest 17 -1 -4 -12 | result 11 -10 0 -1
        return 12 -7 -3 -1 | returns 8 0 -6 -1 | returns~the 8 0 -6 -1 | rewrite -9 -2 11 1
        rewrite~the -2 -1 17 -13 | rewrite~this -7 -1 -6 14 | round 4 6 -2 -8 | round~<n> -2 7 -1 -4
        rows 10 -1 -6 -4 | run 10 -1 -2 -7 | runs 11 -1 4 -14 | s -6 -1 17 -10 | salty -10 -3 31 -19
        say -4 -1 -3 8 | says 8 -2 -4 -2 | scene -20 -3 35 -12 | scene~in -10 -1 16 -5 | schema 8 0 -5 -3
        schema~for 8 0 -5 -3 | schreibe 6 -6 31 -32 | science -4 -1 12 -7 | script 42 -3 -23 -15
        script~that 14 0 -13 -1 | sea -7 -3 35 -26 | search 23 -1 -19 -2 | season 14 -5 -1 -8 | sense -4 -1 -8 13
        sentence -38 -5 -7 50 | sentence~into -4 -1 -1 7 | sentences -9 -1 5 4 | series 9 15 -9 -15
        set 0 -4 15 -10 | several 14 -2 -1 -11 | short -3 -1 11 -7 | should -10 -1 -8 19 | should~i -8 -1 -5 14
        show 4 9 -2 -12 | simple -6 -2 -4 12 | situation -3 0 -17 20 | six -10 18 6 -14 | slogan -13 0 22 -8
        so 1 -2 13 -12 | so~that 4 -2 13 -15 | solve -8 8 18 -18 | solve~the -6 4 19 -17 | some -6 -2 -5 13
        song 1 -5 15 -11 | sorted 9 -1 -3 -4 | soup -6 -6 8 4 | sports -5 -4 -5 14 | sports~coach -2 -4 -3 8
        sql 18 -4 -7 -7 | sql~query 17 -3 -7 -7 | square -4 12 -1 -7 | stadium 15 -10 0 -4 | start 8 2 -4 -7
        stereotype -1 0 -5 6 | stock -4 -2 -2 7 | story -29 -3 56 -23 | story~that -16 -1 23 -6
        string 14 -1 -8 -5 | structure 12 0 -2 -10 | suggest -5 -3 -10 17 | suggest~a -3 -1 -8 12
        sum -6 32 -9 -17 | sum~of -7 33 -9 -17 | summarize -12 -1 -3 15 | swift 30 -1 -3 -27 | synonyms -1 -4 -5 10
        t -4 -6 -2 13 | table 127 -57 -17 -53 | table~institution 6 -2 -1 -3 | table~no 8 -4 -1 -3
        table~year 10 -3 0 -6 | tale -7 -3 27 -17 | team 9 -2 -1 -6 | tell -6 -7 15 -2 | tell~me 4 -2 -9 7
        ten -5 -1 11 -5 | test 12 -2 -2 -8 | tests 31 -1 -10 -20 | than 22 -3 -11 -9 | that 39 2 -33 -7
        that~<n> -5 9 0 -4 | that~can -4 -1 -15 20 | that~returns 8 0 -6 -1 | that~the -1 9 12 -20
        that~was -13 -1 -1 15 | the -12 -8 9 12 | the~dark -1 -2 9 -6 | the~difference 9 -7 -6 4
        the~episode 9 -5 -1 -3 | the~equation -7 9 0 -2 | the~following -9 -8 -15 31 | the~given -6 -2 -11 19
        the~job -1 -3 -2 7 | the~last 4 -1 5 -8 | the~line -6 8 0 -2 | the~main -3 -2 -2 8
        the~meaning -7 -5 -2 14 | the~name 8 -1 -1 -6 | the~names 8 -4 -4 0 | the~output 6 -7 -1 2
        the~paragraph -6 -1 -5 12 | the~price -3 8 0 -5 | the~probability -12 27 -1 -14 | the~sentence -15 -2 5 13
        the~sum -7 33 -9 -17 | the~table -1 -6 -4 12 | the~total 10 -7 0 -3 | the~word -6 12 -8 2
        the~year -8 -9 7 10 | there -17 29 10 -22 | there~anything -4 -5 -2 10 | there~are -16 19 -5 2
        they -5 13 -2 -6 | this 47 -22 -9 -16 | this~function 9 -1 -3 -5 | this~sentence -15 -1 -7 23
        three -22 16 -17 23 | time 29 -22 10 -17 | title 19 -14 -3 -2 | to 0 -12 -3 16 | to~a -6 5 9 -7
        to~me -4 0 -4 8 | to~the -1 5 -6 2 | to~use 7 -3 -9 5 | together -6 16 -1 -8 | tom -1 -3 -4 8
        top 10 -1 -6 -2 | total 20 -13 -1 -7 | translate -1 -2 -4 6 | translate~this 11 -1 -1 -8 | turn -5 -1 -4 10
        twice -2 12 -1 -9 | two 7 25 4 -36 | type 27 -3 -11 -12 | type~enrollment 6 -2 -1 -3
        typescript 34 -1 -20 -13 | umbrella -8 0 10 -1 | un 4 2 25 -32 | undo 18 0 -2 -15 | unit 17 0 -2 -14
        unit~tests 17 0 -2 -14 | up -14 -9 19 4 | up~a 0 -4 14 -10 | up~with -13 -5 10 7 | us -3 -2 9 -4
        use 14 -2 -14 2 | use~a 9 -3 -3 -4 | used 10 -6 -1 -3 | using 19 -1 -8 -10 | value -1 19 -2 -16
        value~of -4 20 -2 -14 | viewers 7 -5 0 -1 | viewers~<(> 7 -5 0 -1 | virtual 7 -1 -1 -6 | von -21 -5 35 -9
        wall -6 7 -2 1 | was 3 -14 -12 23 | was~the 11 -2 -2 -7 | water -4 -7 -1 12 | week -4 -11 -1 16
        what 12 1 -36 23 | what~are -6 -10 -5 21 | what~does 13 -4 -4 -5 | what~is 8 25 -18 -15 | when 2 3 -19 15
        when~i 22 -1 -2 -18 | where 13 -6 -2 -5 | whether 6 -2 -11 8 | whether~the -3 -2 -4 10 | which 0 -14 -7 22
        which~the -5 -1 7 0 | who -7 -16 25 -1 | who~is 3 -8 -6 11 | who~wrote -10 -2 -5 17 | why 8 -8 20 -20
        why~does 6 -1 -1 -4 | why~is 10 -4 -7 1 | wie -6 8 -18 16 | winners 8 -6 0 -1 | winning 8 -2 -1 -5
        winning~driver 8 -2 -1 -5 | with 44 8 -25 -27 | with~<n> -5 7 0 -2 | with~a -3 -5 -10 17
        with~radius -6 9 0 -3 | with~the -9 -6 6 9 | with~three 23 -5 -6 -12 | with~two -7 19 -2 -11
        without 5 5 -2 -8 | word -17 11 -11 17 | words -17 0 -1 18 | working -5 -9 -5 19 | world -25 -9 31 3
        would -5 -1 -2 8 | write 29 -25 45 -49 | write~a 26 -13 29 -42 | write~an 8 -6 -15 14
        write~the -8 -4 17 -5 | wrote -10 -2 -5 17 | x -8 33 -8 -17 | x~<)> 0 7 -2 -5 | x~<+> -6 12 -2 -3
        x~<^> -9 15 -2 -4 | x~<n> -6 15 -4 -5 | y -8 17 -4 -6 | y~<=> -3 8 -1 -3 | year 11 -16 -7 12
        year~<n> -8 -9 7 10 | years -7 11 -5 1 | yet -7 -4 -1 13 | you -22 -13 8 28 | you~are -6 -7 30 -17
        your -13 -7 18 2 | Écris 2 -3 18 -17
        """
}
