/// Pairs of questions, written by hand for ``SimilarityCalibration``: paraphrases, and near misses of the kinds that vectors are known
/// to confuse. Each line is two questions with a bar between.
enum DefaultQuestionPairs {
    static let same = """
        What is the capital of France?|Which city is the capital of France?
        How do I reverse a string in Python?|What is the way to reverse a string in Python?
        How can I boil an egg?|What is the best method for boiling an egg?
        Explain photosynthesis to me.|Can you explain how photosynthesis works?
        What causes rain?|Why does it rain?
        How far is the Moon from Earth?|What is the distance between Earth and the Moon?
        Who wrote Hamlet?|Who is the author of Hamlet?
        How do I center a div in CSS?|What's the way to center a div with CSS?
        Give me a recipe for pancakes.|How do I make pancakes?
        What are the symptoms of the flu?|Which symptoms does influenza have?
        How do I reset my password?|I forgot my password, how can I reset it?
        What time is it in Tokyo?|Tell me the current time in Tokyo.
        How many people live in Germany?|What is the population of Germany?
        What is the boiling point of water?|At what temperature does water boil?
        How do vaccines work?|Explain how vaccines work.
        What is machine learning?|Can you tell me what machine learning is?
        How do I learn to play the guitar?|What is a good way to learn guitar?
        What is the speed of light?|How fast does light travel?
        Who painted the Mona Lisa?|Which artist painted the Mona Lisa?
        How do I install Docker on Ubuntu?|What are the steps to install Docker on Ubuntu?
        What is the largest planet in our solar system?|Which planet is the biggest in the solar system?
        How do I write a cover letter?|Can you help me write a cover letter?
        How do I remove a coffee stain?|What is the best way to get a coffee stain out?
        What does GDP mean?|What is the meaning of GDP?
        Why is the sky blue?|What makes the sky look blue?
        How do I tie a tie?|Show me how to tie a tie.
        How do black holes form?|What is the process by which black holes are formed?
        What is the difference between a virus and a bacterium?|How do viruses differ from bacteria?
        What is inflation?|Explain inflation in economics.
        How can I sleep better?|What can I do to improve my sleep?
        How do I merge two branches in Git?|What is the way to merge two branches with Git?
        What is the meaning of life?|What's life's meaning?
        When did World War II end?|In which year did World War II end?
        How do I lose weight?|What is a good way to lose weight?
        Translate "good morning" into Spanish.|How do you say "good morning" in Spanish?
        Who invented the telephone?|Who was the inventor of the telephone?
        What language is spoken in Brazil?|Which language do people speak in Brazil?
        How does a car engine work?|Explain the working of a car engine.
        How do I open a bank account?|What do I need to do to open a bank account?
        What is the tallest mountain in the world?|Which mountain is the tallest in the world?
        How do I cook rice?|What's the right way to cook rice?
        What are prime numbers?|Explain what a prime number is.
        What is recursion?|Explain the concept of recursion.
        How do I stop a running process in Linux?|How can I stop a process that is running in Linux?
        How long does it take to get to Mars?|How much time does a trip to Mars take?
        Why do cats purr?|What is the reason cats purr?
        What is a black hole?|Can you describe what a black hole is?
        How do plants drink water?|In what way do plants take up water?
        What is the currency of Japan?|Which currency is used in Japan?
        How do airplanes fly?|What makes airplanes fly?
        What is quantum computing?|Give me an introduction to quantum computing.
        How do I change a flat tire?|What are the steps for changing a flat tire?
        How can I save money?|What are some ways to save money?
        What is the best way to learn a language?|How do I best learn a new language?
        How do magnets work?|Explain magnets.
        What is the chemical formula of water?|Which chemical formula does water have?
        Who was the first person on the Moon?|Who was first to walk on the Moon?
        How is cheese made?|What is the process of making cheese?
        How many days are there in a year?|A year has how many days?
        How do I list all files in a directory?|What command lists all files in a directory?
        What should I see in Rome?|What are the sights worth seeing in Rome?
        How do I start a small business?|What steps are needed to start a small business?
        What is climate change?|Can you explain climate change?
        How do I convert Celsius to Fahrenheit?|What is the formula to convert Celsius to Fahrenheit?
        What is DNA?|Explain what DNA is.
        Why do leaves change color in autumn?|What makes leaves change their color in autumn?
        How do I write a for loop in Java?|What does a for loop look like in Java?
        How can I improve my writing?|What can I do to become a better writer?
        What is an API?|Can you explain what an API is?
        What is the plot of Macbeth?|Summarize the plot of Macbeth.
        How do I delete a file in Linux?|Which command deletes a file in Linux?
        How does the stock market work?|Explain how the stock market works.
        How old is the universe?|What is the age of the universe?
        How do I make coffee?|What is the way to prepare coffee?
        What are the planets of the solar system?|List the planets of the solar system.
        Where do penguins live?|In which places do penguins live?
        How do I read a file in Go?|What is the way to read a file in Go?
        What is blockchain?|Explain blockchain technology.
        How do I train a puppy?|What is the best way to train a puppy?
        How do I prepare for a job interview?|What should I do to prepare for an interview for a job?
        What is the square root of 144?|Compute the square root of 144.
        What is 15 percent of 80?|How much is 15 percent of 80?
        How do I grow tomatoes?|What do I need to do to grow tomatoes?
        What is a healthy breakfast?|Suggest a healthy breakfast.
        How does Wi-Fi work?|Explain how Wi-Fi works.
        How do I fix a leaking tap?|My tap is leaking, how can I fix it?
        What happened at Chernobyl?|Describe what happened at Chernobyl.
        How do I calculate the area of a circle?|What is the formula for the area of a circle?
        What is a good name for a dog?|Suggest a name for my dog.
        Why is exercise important?|What is the importance of exercise?
        How can I learn to swim?|What is the best way to learn swimming?
        What is the difference between TCP and UDP?|How do TCP and UDP differ?
        How do I sort a list in Python?|What is the way to sort a list in Python?
        How does a refrigerator work?|Explain the working principle of a refrigerator.
        What are renewable energies?|Which energy sources are renewable?
        Can dogs eat chocolate?|Is it okay for dogs to eat chocolate?
        What is the longest river in the world?|Which river is the longest in the world?
        Is it safe to eat raw eggs?|Can raw eggs be eaten safely?
        Write a poem about autumn.|Compose a poem about autumn.
        Tell me a joke.|Do you know a joke?
        When was the Berlin Wall built?|In what year was the Berlin Wall built?
        How do I undo the last commit in Git?|What is the way to undo my last commit in Git?
        What does a product manager do?|What is the job of a product manager?
        How many bones does a human have?|What is the number of bones in the human body?
        How do I renew my passport?|What is the process for renewing a passport?
        Why do we dream?|What is the reason that people dream?
        What is an octopus's habitat?|Where do octopuses live?
        How much sleep does an adult need?|How many hours should an adult sleep?
        How do I back up my phone?|What is the way to make a backup of my phone?
        How do I fix a flat bicycle tyre?|What should I do to repair a bicycle tyre that went flat?
        Which planet is closest to the Sun?|What is the planet nearest to the Sun?
        How can I make my laptop battery last longer?|What can I do to extend the battery life of my laptop?
        What is the best time to visit Iceland?|When should one travel to Iceland?
        Explain the theory of relativity in simple terms.|Can you describe relativity so that a beginner understands it?
        How do I write unit tests in Python?|What is the right way to write unit tests for Python code?
        What vitamins are in carrots?|Which vitamins do carrots contain?
        How do I make my cat stop scratching the sofa?|What keeps a cat from scratching a sofa?
        Who discovered penicillin?|Which scientist discovered penicillin?
        How much water should I drink a day?|What amount of water should a person drink daily?
        What is the purpose of the United Nations?|Why does the United Nations exist?
        How do I get rid of ants in the kitchen?|What helps against ants in my kitchen?
        Show me how to make a bar chart with matplotlib.|How can I draw a bar chart using matplotlib?
        What does the heart do?|What is the function of the heart?
        How are diamonds formed?|By what process do diamonds form?
        What are good gifts for a ten-year-old?|Suggest presents for a child of 10 years.
        Why is biodiversity important?|What makes biodiversity matter?
        How do I calm a crying baby?|What is a good way to soothe a baby that cries?
        What is the difference between weather and climate?|How does climate differ from weather?
        How do I export a table from PostgreSQL to CSV?|What command writes a PostgreSQL table to a CSV file?
        Is coffee bad for you?|Does drinking coffee harm your health?
        How long should I boil potatoes?|What is the cooking time for boiled potatoes?
        Can you recommend a book about Roman history?|Suggest a book on the history of Rome.
        How do I start running as a beginner?|What is a good running plan for somebody who has never run?
        What is the main idea of Buddhism?|Summarize the core teaching of Buddhism.
        """

    /// By what makes them hard.
    static let different: [(kind: String, lines: String)] = [
        (
            "negation",
            """
            Which vaccines are required for travel to Kenya?|Which vaccines are not required for travel to Kenya?
            Which foods contain gluten?|Which foods do not contain gluten?
            How do I log in with a password?|How do I log in without a password?
            Why should I use global variables?|Why should I not use global variables?
            Which animals can fly?|Which animals cannot fly?
            Who is allowed to vote?|Who is not allowed to vote?
            What happens if I pay my taxes?|What happens if I don't pay my taxes?
            List countries that have nuclear weapons.|List countries that have no nuclear weapons.
            Is it true that the Earth is flat?|Is it true that the Earth is not flat?
            Should I take this medicine with food?|Should I take this medicine without food?
            Which planets have rings?|Which planets have no rings?
            What can I eat on a vegan diet?|What can I not eat on a vegan diet?
            Which browsers support this feature?|Which browsers don't support this feature?
            Write a sentence with the letter e.|Write a sentence without the letter e.
            Which metals are magnetic?|Which metals are not magnetic?
            How do I run a command as root?|How do I avoid running a command as root?
            What are reasons to get a dog?|What are reasons never to get a dog?
            Which mammals lay eggs?|Which mammals never lay eggs?
            Find customers who have an order.|Find customers who have no order.
            Name European countries in the European Union.|Name European countries not in the European Union.
            When is a contract valid?|When is a contract not valid?
            """
        ),
        (
            "numbers",
            """
            What is the population of Norway in 2010?|What is the population of Norway in 2020?
            What is 12 times 13?|What is 12 times 14?
            Convert 5 miles to kilometers.|Convert 50 miles to kilometers.
            What happened in 1989?|What happened in 1998?
            Give me 3 ideas for dinner.|Give me 5 ideas for dinner.
            What is the square root of 81?|What is the square root of 18?
            Write a poem of four lines.|Write a poem of eight lines.
            How much is 20 percent of 150?|How much is 25 percent of 150?
            What is the 5th element of the periodic table?|What is the 15th element of the periodic table?
            Summarize this in 100 words.|Summarize this in 500 words.
            What is the weather like at 10 degrees?|What is the weather like at -10 degrees and 30 degrees?
            How many grams are 2 ounces?|How many grams are 12 ounces?
            Is 91 a prime number?|Is 97 a prime number?
            What changed between version 2 and version 3?|What changed between version 3 and version 4?
            How do I split a bill of 90 dollars among 3 people?|How do I split a bill of 90 dollars among 4 people?
            Who was the second president of the United States?|Who was the third president of the United States?
            What are the factors of 36?|What are the factors of 63?
            How do I cook rice for two people?|How do I cook rice for six people?
            Plan a trip of 3 days to Rome.|Plan a trip of 7 days to Rome.
            What is 7 plus 8?|What is 7 plus 9?
            What time is it when it is 3 pm plus two hours?|What time is it when it is 3 pm plus five hours?
            """
        ),
        (
            "names",
            """
            Translate this to Polish: thank you|Translate this to Czech: thank you
            who plays the lead in titanic?|who directed titanic?
            how do i cook pasta?|how do i cook polenta?
            How do I write unit tests in Python?|How do I write unit tests in Kotlin?
            Who discovered penicillin?|Who discovered radium?
            What is the best time to visit Iceland?|What is the best time to visit Ireland?
            What is the capital of France?|What is the capital of Spain?
            What is the capital of Australia?|What is the capital of Austria?
            Who wrote Hamlet?|Who wrote Faust?
            How many people live in Berlin?|How many people live in Hamburg?
            When was Mozart born?|When was Beethoven born?
            What is the currency of Sweden?|What is the currency of Switzerland?
            How do I reverse a string in Python?|How do I reverse a string in Rust?
            How do I install Docker on Ubuntu?|How do I install Docker on Fedora?
            Who founded Microsoft?|Who founded Apple?
            What is the plot of Macbeth?|What is the plot of Othello?
            How far is Mars from the Sun?|How far is Venus from the Sun?
            Translate this text into German.|Translate this text into Dutch.
            What time is it in London?|What time is it in Sydney?
            How long is the Nile?|How long is the Danube?
            Who won the election in Canada?|Who won the election in Mexico?
            What is the weather in Paris today?|What is the weather in Lyon today?
            Tell me about Marie Curie.|Tell me about Rosalind Franklin.
            What is the difference between Java and Kotlin?|What is the difference between Java and Scala?
            Is Niger a country in Africa?|Is Nigeria a country in Africa?
            How do I deploy to AWS?|How do I deploy to Azure?
            what is the capital of italy?|what is the capital of poland?
            how do i install postgres on a mac?|how do i install mysql on a mac?
            who is the president of france?|who is the president of finland?
            """
        ),
        (
            "code",
            """
            What does HTTP 500 mean?|What does HTTP 502 mean?
            What does `git reset --soft` do?|What does `git reset --hard` do?
            What is the type of `x == y` in C?|What is the type of `x = y` in C?
            How do I use `list.append`?|How do I use `list.extend`?
            What does `a && b` return in JavaScript?|What does `a or b` return in JavaScript?
            What does `i++` evaluate to?|What does `++i` evaluate to?
            Explain `SELECT * FROM users`.|Explain `DELETE FROM users`.
            What does chmod 644 mean?|What does chmod 755 mean?
            Why does foo_bar() fail?|Why does foo_baz() fail?
            What is the complexity of `dict.get`?|What is the complexity of `list.index`?
            Explain the regular expression `^a+$`.|Explain the regular expression `^a*$`.
            What does `ls -l` show?|What does `ls -a` show?
            What does HTTP status code 401 mean?|What does HTTP status code 403 mean?
            Fix this code: `for i in range(10): print(i)`|Fix this code: `for i in range(1, 10): print(i)`
            How is `Array.map` used?|How is `Array.filter` used?
            What does os.path.join do?|What does os.path.split do?
            """
        ),
        (
            "direction",
            """
            What causes high blood sugar?|What causes low blood sugar?
            Is it legal to record a phone call in Texas?|Is it illegal to record a phone call in Texas?
            How can I sell my car quickly?|How can I buy a car quickly?
            How do I turn the light on?|How do I turn the light off?
            Which planet is closest to the Sun?|Which planet is farthest from the Sun?
            How do I increase my blood pressure?|How do I decrease my blood pressure?
            What are the advantages of nuclear power?|What are the disadvantages of nuclear power?
            How do I enable the firewall?|How do I disable the firewall?
            How do I encode text in Base64?|How do I decode text from Base64?
            How do I buy shares?|How do I sell shares?
            What is the highest mountain in Europe?|What is the lowest point in Europe?
            Sort these names in ascending order.|Sort these names in descending order.
            How do I upload a file to the server?|How do I download a file from the server?
            How do I convert Celsius to Fahrenheit?|How do I convert Fahrenheit to Celsius?
            Translate from English to French: hello.|Translate from French to English: hello.
            What should I do before surgery?|What should I do after surgery?
            How do I install this package?|How do I uninstall this package?
            What are the benefits of coffee?|What are the risks of coffee?
            How do I compress a folder?|How do I decompress a folder?
            Who is the oldest person alive?|Who is the youngest person alive?
            How do I lock my phone?|How do I unlock my phone?
            What is the maximum of this function?|What is the minimum of this function?
            Which river is the longest in Asia?|Which river is the shortest in Asia?
            How do I subscribe to the newsletter?|How do I unsubscribe from the newsletter?
            How do I gain weight?|How do I lose weight?
            """
        ),
        (
            "other",
            """
            How tall is the Eiffel Tower?|How old is the Eiffel Tower?
            What is the plural of mouse?|What is the plural of moose?
            How do I grow basil indoors?|How do I dry basil indoors?
            Write a short thank you note to my boss.|Write a short resignation note to my boss.
            How do I add a column in SQL?|How do I drop a column in SQL?
            Where was Einstein born?|When was Einstein born?
            Explain quicksort.|Explain mergesort.
            What vitamins are in carrots?|What minerals are in carrots?
            How much water should I drink a day?|How much water should I drink an hour?
            How do I make my cat stop scratching the sofa?|How do I make my dog stop chewing the sofa?
            How do I fix a flat bicycle tyre?|How do I choose a bicycle tyre?
            How do I make pancakes?|How do I make waffles?
            Why do cats purr?|Why do cats meow?
            What is the boiling point of water?|What is the freezing point of water?
            How does a car engine work?|How does a jet engine work?
            What are the symptoms of the flu?|What are the symptoms of measles?
            How do I tie a tie?|How do I tie a bow?
            What is a noun?|What is a verb?
            How do I read a file?|How do I write a file?
            What do pandas eat?|What do pandas look like?
            When was the telephone invented?|Who invented the telephone?
            What is the population of the city?|What is the area of the city?
            How do I train a puppy?|How do I name a puppy?
            Give me a recipe for tomato soup.|Give me a recipe for onion soup.
            What is supervised learning?|What is unsupervised learning?
            How many legs does a spider have?|How many eyes does a spider have?
            How do I cook rice?|How do I store rice?
            Write a poem about autumn.|Write a story about autumn.
            Is it safe to eat raw eggs?|Is it safe to eat raw fish?
            How do I cancel my subscription?|How do I renew my subscription?
            What is the color of the sky at noon?|What is the color of the sky at sunset?
            How do I open a bank account?|How do I close a bank account?
            What is a list in programming?|What is a tuple in programming?
            What does a product manager do?|What does a project manager do?
            How do plants drink water?|How do fish drink water?
            """
        ),
    ]
}
