"""The sentences on which the small tokenizers are trained. Written for this purpose."""

SENTENCES = """
A baker sells 24 rolls in the morning and 18 rolls in the afternoon. How many rolls does she sell in the whole day?
She sells 24 + 18 = 42 rolls in the whole day. The answer is 42.
Tom has three boxes with 12 pencils each, and he gives 7 pencils to his sister. How many pencils does he have left?
Three boxes with 12 pencils each make 3 * 12 = 36 pencils. He gives 7 away, so 36 - 7 = 29 pencils are left.
Final Answer: 29
The train leaves at 10:45 and arrives at 13:20, so the journey takes 2 hours and 35 minutes.
Let's think about this step by step. First, we'll find the price of one ticket; then we'll multiply it by 5.
If one ticket costs $8.50, then five tickets cost 5 * $8.50 = $42.50, and there's $7.50 left from $50.
The answer that a model finds familiar may teach it better than the answer that a person wrote with care.
It doesn't matter whether the garden is 100 or 1000 meters long: the fence around it is twice the length plus twice the width.
I'm sure they've seen it, you're right, he'd agree, and that's what we'd say.
What is the capital of the small island? The capital of the island lies on the northern coast.
Water boils at 100 degrees at sea level, but on a high mountain it boils at a lower temperature.
Because the lamp is red, and every red lamp is warm, the lamp is warm. Therefore the statement is true.
The question has five choices. Choice 3 follows from the premise; the other choices don't.
def add(first, second):
    return first + second
def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)
const total = values.reduce((sum, value) => sum + value, 0);
if (total > 10) { console.log(`total: ${total}`); }
for (let index = 0; index < values.length; index += 1) { values[index] *= 2; }
Once upon a time there was a little fox who lived near the river. Every day the fox went to the river to drink.
One day the little fox met a turtle. "Hello," said the turtle. "Would you like to play with me?"
The fox and the turtle played together all day, and they were very happy. When the sun went down, they went home.
Die Bäckerin verkauft jeden Morgen frische Brötchen, und die Kinder freuen sich darüber.
La boulangère a déjà vendu quarante pains, et l'été vient à peine de commencer.
El niño contó las estrellas: una, dos, tres, cuatro, cinco. ¿Cuántas faltan?
今天天气很好。小猫在花园里玩。小猫喜欢花园。
ねこは庭であそびます。ねこは庭がすきです。
שלום עולם, השמש זורחת היום. שלום ילדים.
مرحبا بالعالم، الشمس مشرقة اليوم. مرحبا يا أطفال.
Привет, мир! Сегодня хорошая погода, и дети играют в саду.
The score was 3:2 🙂 and everyone cheered 🎉🎉. Well done 👍🏽!
Tables use | pipes | between | cells |, and lists start with - or *.
x = 12.5; y = 0.75; z = x * y  # a comment after two spaces
""".strip().split("\n")
