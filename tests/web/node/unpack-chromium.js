// Unpacks the browser that @sparticuz/chromium ships, with the libraries it needs where the machine
// lacks them, into the temporary folder, and prints the path of the program.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs20.x"; // or the libraries stay packed
const { default: chromium } = await import("@sparticuz/chromium");
console.log(await chromium.executablePath());
