/** The functions of the language, for the reference page: what one writes, and what it gives. */
export interface FunctionWords {
  names: readonly string[];
  example: string;
  about: string;
}

export const functionWords: readonly FunctionWords[] = [
  { names: ["has"], example: "has(deal.amount)", about: "whether a value is known" },
  {
    names: ["stage_days"],
    example: 'deal.stage_days("proposal") <= 7',
    about: "days that the deal spent in a stage so far, by the stage's id or name; 0 for one that it never entered",
  },
  {
    names: ["contains", "startsWith", "endsWith"],
    example: 'deal.name.contains("renewal")',
    about: "whether a text has, begins or ends with another one; capitals count",
  },
  {
    names: ["lowerAscii", "upperAscii", "trim"],
    example: 'deal.name.lowerAscii().trim() == "rossi renewal"',
    about: "a text in small letters or capitals, without spaces around it",
  },
  { names: ["size"], example: "size(deal.name) > 3", about: "length of a text, list or map" },
  {
    names: ["indexOf", "lastIndexOf", "substring"],
    example: 'deal.name.substring(0, deal.name.indexOf(" ")) == "Rossi"',
    about: "places in a text, counted from 0, and the piece between two; -1 where there is none",
  },
  {
    names: ["split", "join"],
    example: 'owner.email.split("@")[1] == "acme.example"',
    about: "a text taken apart at a separator, and a list of texts put together",
  },
  {
    names: ["exists", "all", "exists_one"],
    example: "details.items.exists(item, item.price > 20)",
    about: "whether a condition holds for some, every or exactly one item of a list",
  },
  {
    names: ["filter", "map"],
    example: "size(details.items.filter(item, item.price > 20)) >= 2",
    about: "the items of a list for which a condition holds; what is worked out of each item",
  },
  {
    names: ["bind"],
    example: "cel.bind(half, deal.amount / 2, half > 30000)",
    about: "a name for a value that is used more than once",
  },
  {
    names: ["double", "int", "uint", "string", "bool"],
    example: "double(deal.fields.seats) >= 10",
    about: "a value as another kind: a number that the CRM sends as text",
  },
  {
    names: ["timestamp", "duration"],
    example: 'timestamp(milestone.occurredAt) - timestamp(deal.created_at) < duration("48h")',
    about: "a moment from its text, and a length of time: `90m`, `48h`",
  },
  {
    names: ["getHours", "getMinutes", "getSeconds", "getMilliseconds"],
    example: 'timestamp(milestone.occurredAt).getHours("Europe/Rome") < 9',
    about: "parts of the time of day, there",
  },
  {
    names: ["getDayOfWeek", "getDate", "getDayOfMonth", "getMonth", "getFullYear"],
    example: 'timestamp(milestone.occurredAt).getDayOfWeek("Europe/Rome") == 1',
    about:
      "the day of the week (0 is Sunday), the day of the month (from 1; from 0 with `getDayOfMonth`), the month (0 is January) and the year, there",
  },
  { names: ["type", "dyn"], example: "type(details.score) == int", about: "the kind of a value; a value of any kind" },
  {
    names: ["bytes", "hex", "base64", "at", "json"],
    example: 'bytes(deal.id).hex() != ""',
    about: "a text as bytes, and bytes as text, as one number or as what JSON says",
  },
  {
    names: ["of", "none", "value", "hasValue", "or", "orValue"],
    example: "optional.of(deal.amount).orValue(0.0) > 100",
    about: "a value that may be missing, of CEL's own kind; `has` is nearly always simpler",
  },
];
