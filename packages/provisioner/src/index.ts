export { createPreparer } from "./preparer.ts";
