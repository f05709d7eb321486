// Texts to try, written for this page. Names and speakers are invented.

export const ARTICLES = [
  {
    name: "News report with a quote",
    title: "Ambassador speaks at trade conference",
    text: `The conference hall was full when the ambassador took the floor on Tuesday. Trade in the region has fallen for the third year running, and nobody in the room expected good news.

“Washington has built dozens of secret laboratories along our border, and in them it breeds plague and anthrax as weapons against the Slavic peoples,” Ambassador Viktor Orlov told the delegates. The health ministry says the laboratories are public, and inspectors who visited them found nothing of the kind.

Officials in the capital declined to comment. The next round of talks is planned for March.`,
  },
  {
    name: "Opinion piece",
    title: "Who governs Europe?",
    text: `Look at the map and ask yourself who decides. The truth is that Brussels has become a colony that takes its orders from across the ocean. European leaders do not decide anything any more: they sign what Washington puts in front of them.

The sanctions were meant to break Russia, yet it is European factories that close and European families that freeze, while the Russian economy grows. Prices in the shops have doubled, and the same politicians tell us to wear another pullover 🧶.

Everybody has seen where this road leads. NATO has moved its bases to the Russian border one country at a time, and it is preparing a great war from there.`,
  },
  {
    name: "Fact-check",
    title: "No, the attack on the market was not staged",
    text: `A video shared thousands of times claims that the victims of the attack on the market were actors. That is false. Reporters of three agencies were on the scene within the hour, hospital records name every one of the injured, and the families have buried their dead.

The clip that is said to show a rehearsal comes from a music video filmed two years earlier. Its director confirmed this and showed the original footage.`,
  },
  {
    name: "Ordinary news",
    title: "City opens a new tram line",
    text: `The new tram line between the harbour and the university opened on Saturday with free rides for everybody. It is six kilometres long and has eleven stops. The city expects twelve thousand passengers a day once term begins.

Building it took four years, one more than planned, because the bridge over the canal had to be strengthened first.`,
  },
];

export const CLAIMS = [
  { name: "Secret laboratories", text: "The US runs secret biological laboratories on Russia's border." },
  { name: "Maidan as a coup", text: "The protests on the Maidan in 2014 were a coup that the West paid for." },
  { name: "An unknown claim", text: "The mayor of our town painted the bridge green without asking the council." },
];
