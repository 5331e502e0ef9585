// Makes a Postman collection of an OpenAPI document and sends every request of it with newman.
// Arguments: the file of the document, the URL of the service, an access token. Prints a JSON object with the counts.
import { readFileSync } from "node:fs";
import converter from "openapi-to-postmanv2";
import newman from "newman";

const [file, url, token] = process.argv.slice(2);
const options = { folderStrategy: "Tags", requestParametersResolution: "Example", includeAuthInfoInExample: false };
const made = await new Promise((resolve, reject) =>
  converter.convertV2({ type: "string", data: readFileSync(file, "utf8") }, options, (error, result) =>
    error || !result.result ? reject(error ?? new Error(result.reason)) : resolve(result),
  ),
);
const collection = made.output[0].data;
collection.auth = { type: "bearer", bearer: [{ key: "token", value: "{{token}}", type: "string" }] };

// Each answer must be one that the document describes.
const test = (codes) => ({
  listen: "test",
  script: { exec: [`pm.test("is documented", () => pm.expect(pm.response.code).to.be.oneOf([${codes}]));`] },
});
const walk = (item) => {
  if (item.item) return item.item.forEach(walk);
  delete item.request.auth;
  // The converter fills variables with random values, such as ?x, which would end the path if they were not encoded.
  for (const each of item.request.url.variable ?? []) each.value = encodeURIComponent(each.value);
  item.event = [test(item.response.map((each) => each.code))];
};
// Requests that end the session of the collection come last.
const ending = (item) => (/^(DELETE|.*logout)/.test(`${item.request?.method}${item.request?.url?.path?.join("/")}`) ? 1 : 0);
collection.item.forEach(walk);
collection.item.forEach((folder) => folder.item?.sort((a, b) => ending(a) - ending(b)));

newman.run(
  { collection, envVar: [{ key: "baseUrl", value: url }, { key: "token", value: token }], reporters: [] },
  (error, summary) => {
    if (error) throw error;
    const failures = summary.run.failures.map((each) => `${each.source?.name}: ${each.error.message}`);
    console.log(JSON.stringify({ requests: summary.run.stats.requests.total, failures }));
  },
);
