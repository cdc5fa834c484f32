// Plays scenarios and says, a line each, what went wrong.

import assert from "node:assert/strict";

export const play = async (scenarios) => {
  for (const [scenario, act] of Object.entries(scenarios)) {
    let wrong = null;
    try {
      await act();
    } catch (error) {
      wrong = [error.stack, error.cause?.stack ?? JSON.stringify(error.cause ?? null)].join("\n");
    }
    console.log(JSON.stringify({ scenario, wrong }));
  }
};

/** That *promise* is refused, with an error of these properties. */
export const refused = async (promise, expected) => {
  const error = await promise.then(
    () => assert.fail(`this was allowed, where ${JSON.stringify(expected)} was expected`),
    (error) => error,
  );
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name}: ${error.stack}`);
  return error;
};
