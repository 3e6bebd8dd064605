/** Whether a vendor out there can call this address: no machine of one's own, no bare IP address. */
export const reachableFromOutside = (publicUrl: string): boolean => {
  const { hostname } = new URL(publicUrl);
  return (
    /^[a-z\d-]+(\.[a-z\d-]+)*\.[a-z][a-z\d-]*$/i.test(hostname) && !/(^|\.)(localhost|local|internal)$/i.test(hostname)
  );
};
