import { InvalidArgumentError } from "@pixels/core";
import { expect, test } from "vitest";
import { getImageRecipe } from "./image-recipe.ts";

test("a release is named by number or by code name, and is the same image", () => {
  expect(getImageRecipe("debian/12").suite).toBe("bookworm");
  expect(getImageRecipe("debian/bookworm").key).toBe(getImageRecipe("debian/12").key);
});

test("another release has another key", () => {
  expect(getImageRecipe("debian/13").key).not.toBe(getImageRecipe("debian/12").key);
});

test.each(["debian", "debian/", "debian/9000", "arch/12", "debian/toString"])("refuses %j", (image) => {
  expect(() => getImageRecipe(image)).toThrow(InvalidArgumentError);
});
