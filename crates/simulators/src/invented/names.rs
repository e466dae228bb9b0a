//! Names in many scripts, each with a Latin spelling for addresses. All combinations are made up.

/// A name as its bearer writes it, and a Latin spelling.
type Name = (&'static str, &'static str);

/// First and last names that go together.
pub(super) struct Tongue {
    pub(super) first: &'static [Name],
    pub(super) last: &'static [Name],
    /// The last name is written first, without a space.
    pub(super) joined: bool,
    /// Only these places are plausible; empty means any.
    pub(super) countries: &'static [&'static str],
}

/// The first entry, in Latin letters, is drawn more often than each of the others.
pub(super) const TONGUES: &[Tongue] = &[
    Tongue { first: LATIN_FIRST, last: LATIN_LAST, joined: false, countries: &[] },
    Tongue { first: CYRILLIC_FIRST, last: CYRILLIC_LAST, joined: false, countries: &["BG", "RS", "DE"] },
    Tongue { first: GREEK_FIRST, last: GREEK_LAST, joined: false, countries: &["GR"] },
    Tongue { first: ARABIC_FIRST, last: ARABIC_LAST, joined: false, countries: &["AE"] },
    Tongue { first: HEBREW_FIRST, last: HEBREW_LAST, joined: false, countries: &["IL"] },
    Tongue { first: CHINESE_FIRST, last: CHINESE_LAST, joined: true, countries: &["SG"] },
    Tongue { first: JAPANESE_FIRST, last: JAPANESE_LAST, joined: false, countries: &["JP"] },
    Tongue { first: KOREAN_FIRST, last: KOREAN_LAST, joined: true, countries: &["KR"] },
    Tongue { first: THAI_FIRST, last: THAI_LAST, joined: false, countries: &["TH"] },
    Tongue { first: DEVANAGARI_FIRST, last: DEVANAGARI_LAST, joined: false, countries: &["IN"] },
    Tongue { first: VIETNAMESE_FIRST, last: VIETNAMESE_LAST, joined: false, countries: &["SG", "TH"] },
];

/// People with one name only.
pub(super) const MONONYMS: &[Name] = &[
    ("Suharti", "suharti"),
    ("Wiranto", "wiranto"),
    ("Ratnawati", "ratnawati"),
    ("Þóra", "thora"),
    ("Budiman", "budiman"),
];

const LATIN_FIRST: &[Name] = &[
    ("Ana", "ana"),
    ("Béla", "bela"),
    ("Chloé", "chloe"),
    ("Dmitrij", "dmitrij"),
    ("Émile", "emile"),
    ("Fátima", "fatima"),
    ("Gülşen", "gulsen"),
    ("Håkon", "hakon"),
    ("İrem", "irem"),
    ("João", "joao"),
    ("Kateřina", "katerina"),
    ("Łukasz", "lukasz"),
    ("Márton", "marton"),
    ("Noor", "noor"),
    ("Örjan", "orjan"),
    ("Paweł", "pawel"),
    ("Quirin", "quirin"),
    ("Réka", "reka"),
    ("Søren", "soren"),
    ("Tomáš", "tomas"),
    ("Ursula", "ursula"),
    ("Vlăduț", "vladut"),
    ("Wanjiru", "wanjiru"),
    ("Ximena", "ximena"),
    ("Yara", "yara"),
    ("Žofie", "zofie"),
    ("Abena", "abena"),
    ("Bryn", "bryn"),
    ("Caoimhe", "caoimhe"),
    ("Mary-Lou", "mary-lou"),
    ("Jean-Baptiste", "jean-baptiste"),
    ("Oluwaseun", "oluwaseun"),
    ("Siobhán", "siobhan"),
    ("Thandiwe", "thandiwe"),
    ("Uxío", "uxio"),
    ("María José", "maria.jose"),
    ("D'Arcy", "darcy"),
    ("Ásdís", "asdis"),
    ("Ngozi", "ngozi"),
    ("Leilani", "leilani"),
];
const LATIN_LAST: &[Name] = &[
    ("Almeida", "almeida"),
    ("Brännström", "brannstrom"),
    ("Ćwikliński", "cwiklinski"),
    ("Dvořák", "dvorak"),
    ("Eßer", "esser"),
    ("Ferreira da Silva", "ferreira.da.silva"),
    ("García Moreno", "garcia.moreno"),
    ("Hüseyinoğlu", "huseyinoglu"),
    ("Ívarsdóttir", "ivarsdottir"),
    ("Jørgensen", "jorgensen"),
    ("Kovács", "kovacs"),
    ("Lindqvist", "lindqvist"),
    ("Müller", "muller"),
    ("Nguema", "nguema"),
    ("O'Brien", "obrien"),
    ("Popescu", "popescu"),
    ("Quispe", "quispe"),
    ("Rossi", "rossi"),
    ("Şahin", "sahin"),
    ("Tamm", "tamm"),
    ("Urbonaitė", "urbonaite"),
    ("van der Berg", "van.der.berg"),
    ("Wójcik", "wojcik"),
    ("Xhaka", "xhaka"),
    ("Yılmaz", "yilmaz"),
    ("Žukauskas", "zukauskas"),
    ("Adeyemi-Cole", "adeyemi-cole"),
    ("Bērziņš", "berzins"),
    ("Chukwu", "chukwu"),
    ("de la Cruz", "de.la.cruz"),
    ("Eriksson", "eriksson"),
    ("Fitzgerald", "fitzgerald"),
    ("Grünewald", "grunewald"),
    ("Horváth", "horvath"),
    ("Ilves", "ilves"),
    ("Jiménez", "jimenez"),
    ("Kjærsgaard", "kjaersgaard"),
    ("Lefèvre", "lefevre"),
    ("Mäkinen", "makinen"),
    ("Nováková", "novakova"),
];
const CYRILLIC_FIRST: &[Name] = &[
    ("Иван", "ivan"),
    ("Мария", "maria"),
    ("Георги", "georgi"),
    ("Елена", "elena"),
    ("Стоян", "stoyan"),
    ("Милица", "milica"),
    ("Љубица", "ljubica"),
    ("Ђорђе", "djordje"),
];
const CYRILLIC_LAST: &[Name] = &[
    ("Иванов", "ivanov"),
    ("Петрова", "petrova"),
    ("Димитров", "dimitrov"),
    ("Јовановић", "jovanovic"),
    ("Щерев", "shterev"),
    ("Николић", "nikolic"),
    ("Живкова", "zhivkova"),
    ("Чолак", "colak"),
];
const GREEK_FIRST: &[Name] = &[
    ("Γιώργος", "giorgos"),
    ("Ελένη", "eleni"),
    ("Νίκος", "nikos"),
    ("Σοφία", "sofia"),
    ("Θανάσης", "thanasis"),
    ("Ζωή", "zoi"),
];
const GREEK_LAST: &[Name] = &[
    ("Παπαδόπουλος", "papadopoulos"),
    ("Οικονόμου", "oikonomou"),
    ("Αγγελίδης", "angelidis"),
    ("Ψαρράς", "psarras"),
    ("Ξενάκη", "xenaki"),
];
const ARABIC_FIRST: &[Name] = &[
    ("محمد", "mohammed"),
    ("فاطمة", "fatima"),
    ("عمر", "omar"),
    ("ليلى", "layla"),
    ("يوسف", "youssef"),
    ("نور", "nour"),
];
const ARABIC_LAST: &[Name] = &[
    ("الحسن", "alhassan"),
    ("حداد", "haddad"),
    ("منصور", "mansour"),
    ("الخطيب", "alkhatib"),
    ("عبد الله", "abdallah"),
];
const HEBREW_FIRST: &[Name] = &[
    ("נועה", "noa"),
    ("דוד", "david"),
    ("תמר", "tamar"),
    ("אורי", "uri"),
    ("שירה", "shira"),
    ("יואב", "yoav"),
];
const HEBREW_LAST: &[Name] =
    &[("כהן", "cohen"), ("לוי", "levi"), ("מזרחי", "mizrahi"), ("פרץ", "peretz"), ("בן־דוד", "ben-david")];
const CHINESE_FIRST: &[Name] = &[
    ("伟", "wei"),
    ("小明", "xiaoming"),
    ("丽华", "lihua"),
    ("静", "jing"),
    ("志强", "zhiqiang"),
    ("美玲", "meiling"),
];
const CHINESE_LAST: &[Name] =
    &[("王", "wang"), ("李", "li"), ("欧阳", "ouyang"), ("陈", "chen"), ("赵", "zhao"), ("司马", "sima")];
const JAPANESE_FIRST: &[Name] = &[
    ("さくら", "sakura"),
    ("健太", "kenta"),
    ("ユキ", "yuki"),
    ("花子", "hanako"),
    ("大輔", "daisuke"),
    ("陽菜", "hina"),
];
const JAPANESE_LAST: &[Name] = &[
    ("佐藤", "sato"),
    ("鈴木", "suzuki"),
    ("高橋", "takahashi"),
    ("小野寺", "onodera"),
    ("渡邊", "watanabe"),
];
const KOREAN_FIRST: &[Name] =
    &[("지우", "jiwoo"), ("민준", "minjun"), ("서연", "seoyeon"), ("하은", "haeun"), ("도윤", "doyun")];
const KOREAN_LAST: &[Name] =
    &[("김", "kim"), ("박", "park"), ("최", "choi"), ("남궁", "namgung"), ("이", "lee")];
const THAI_FIRST: &[Name] =
    &[("สมชาย", "somchai"), ("มาลี", "malee"), ("ณัฐพล", "nattapon"), ("พิมพ์ชนก", "pimchanok"), ("อรุณ", "arun")];
const THAI_LAST: &[Name] =
    &[("ศรีสุข", "srisuk"), ("วงศ์สวัสดิ์", "wongsawat"), ("จันทร์เพ็ญ", "chanpen"), ("แก้วมณี", "kaewmanee")];
const DEVANAGARI_FIRST: &[Name] = &[
    ("आरव", "aarav"),
    ("प्रिया", "priya"),
    ("रोहन", "rohan"),
    ("अनन्या", "ananya"),
    ("विक्रम", "vikram"),
    ("मीरा", "meera"),
];
const DEVANAGARI_LAST: &[Name] =
    &[("शर्मा", "sharma"), ("पटेल", "patel"), ("कुलकर्णी", "kulkarni"), ("द्विवेदी", "dwivedi"), ("जोशी", "joshi")];
const VIETNAMESE_FIRST: &[Name] = &[
    ("Thị Hương", "huong"),
    ("Văn Đức", "duc"),
    ("Ngọc Ánh", "anh"),
    ("Quốc Bảo", "bao"),
    ("Thùy Dung", "dung"),
];
const VIETNAMESE_LAST: &[Name] =
    &[("Nguyễn", "nguyen"), ("Trần", "tran"), ("Đặng", "dang"), ("Phạm", "pham"), ("Huỳnh", "huynh")];
