const manners =
  "amber brisk calm candid clever daring eager early fair frank gentle glad hardy honest humble keen kind late lively lucid merry mild modest neat nimble open patient plain quick quiet ready sober spry steady stout sunny swift tidy upright warm wise witty".split(
    " ",
  );
const birds =
  "avocet bittern bunting curlew dipper dunlin dunnock egret falcon finch gannet grebe heron hobby jackdaw kestrel kite knot lapwing linnet martin merlin osprey ouzel owl petrel pipit plover puffin quail raven robin rook ruff shrike siskin skylark snipe stork swift tern thrush wagtail wren".split(
    " ",
  );

/** A name for a thing nobody named: "brisk-heron-413". Four random bytes decide. */
export function inventName(random: (bytes: number) => Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return `${manners[a % manners.length]}-${birds[b % birds.length]}-${100 + ((c * 256 + d) % 900)}`;
}
