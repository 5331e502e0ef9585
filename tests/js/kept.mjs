// Sends requests with a body, each followed by GET /health, on one connection for as long as the service keeps it open.
// Arguments: the port, the length of the body, and the requests, such as "POST /user". Prints the statuses.
import { Client } from "undici";

const [port, length, ...requests] = process.argv.slice(2);
const client = new Client(`http://127.0.0.1:${port}`);
const body = Buffer.alloc(Number(length), "x");
const statuses = [];
for (const request of requests) {
  const [method, path] = request.split(" ");
  for (const sent of [{ method, path, body }, { method: "GET", path: "/health" }]) {
    const answer = await client.request(sent);
    await answer.body.dump();
    statuses.push(answer.statusCode);
  }
}
await client.close();
console.log(JSON.stringify(statuses));
