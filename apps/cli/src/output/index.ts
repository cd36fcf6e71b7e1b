/** How Pawl's command line speaks, for stories and scripts that want to sound the same. */
export * from "./figures.ts";
export { painter, type Painter, wantsColour } from "./painter.ts";
export { progressLine, type ProgressLine, type ProgressStream } from "./progress-line.ts";
export { tableText, type TableColumn } from "./table.ts";
